export type Query = Readonly<Record<string, string | number | readonly string[] | null | undefined>>;

/** Return the query string with its question mark, or an empty string. A list becomes one parameter per value. */
export function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value ?? []].flat()) search.append(name, String(one));
  }
  return String(search) && `?${search}`;
}
