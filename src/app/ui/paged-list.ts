export interface PagedList<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** Return the list with the page at this cursor, unless the list has this page already. */
export function withPage<T>(list: PagedList<T>, cursor: string, page: PagedList<T>): PagedList<T> {
  return list.next_cursor === cursor ? { ...page, data: [...list.data, ...page.data] } : list;
}
