// Generated from the API's OpenAPI document by `make sdk-types`. Do not edit.

/** The fields of a board to change. The others remain as they are. */
export interface BoardChange {
  /** The views that the board shows, each once, in their order */
  readonly view_ids?: readonly string[] | undefined;
  readonly name?: string | undefined;
}

/** A board. All its views exist, because deleting a view removes it from all boards. */
export interface BoardDescription {
  readonly board_id: string;
  readonly name: string;
  /** The views that the board shows, in their order */
  readonly view_ids: readonly string[];
  /** The user_id of the member who created it */
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** The ETag without its quotation marks */
  readonly version: string;
}

/** A page of the organisation's boards, newest first. Only a null cursor ends the list. */
export interface BoardList {
  readonly data: readonly BoardDescription[];
  readonly next_cursor: string | null;
}

/** A new link with its secret, which is never returned again. */
export interface CreatedShare {
  /** Contains the SHA-256 of the link's secret */
  readonly share_id: string;
  /** The last characters of the secret */
  readonly last_four: string;
  /** The user_id of the member who created it */
  readonly created_by: string;
  readonly created_at: string;
  readonly expires_at: string;
  /** Anyone who has it can see the view's result */
  readonly secret: string;
}

/** The query of `list_boards`. */
export interface ListBoardsQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** The query of `list_shares`. */
export interface ListSharesQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** The query of `list_views`. */
export interface ListViewsQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** The name of a new board, and its views. */
export interface NewBoard {
  /** The views that the board shows, each once, in their order */
  readonly view_ids?: readonly string[] | undefined;
  readonly name: string;
}

/** The end of a new link. */
export interface NewShare {
  /** RFC 3339 with an offset, at most 90 days ahead; by default in 7 days */
  readonly expires_at?: string | null | undefined;
}

/** A page of the dashboard in the state to save. */
export interface NewView {
  readonly name: string;
  readonly page: "overview" | "explore" | "funnels" | "retention" | "users" | "live";
  /** The query string of the page's address, without the question mark */
  readonly state: string;
}

/** A link without its secret. */
export interface ShareDescription {
  /** Contains the SHA-256 of the link's secret */
  readonly share_id: string;
  /** The last characters of the secret */
  readonly last_four: string;
  /** The user_id of the member who created it */
  readonly created_by: string;
  readonly created_at: string;
  readonly expires_at: string;
}

/** A page of the view's links, newest first. Only a null cursor ends the list. */
export interface ShareList {
  readonly data: readonly ShareDescription[];
  readonly next_cursor: string | null;
}

/** The fields of a view to change. The others remain as they are. */
export interface ViewChange {
  readonly name?: string | undefined;
  readonly page?: "overview" | "explore" | "funnels" | "retention" | "users" | "live" | undefined;
  readonly state?: string | undefined;
}

/** A saved view. */
export interface ViewDescription {
  readonly view_id: string;
  readonly name: string;
  readonly page: "overview" | "explore" | "funnels" | "retention" | "users" | "live";
  /** The query string of the page's address */
  readonly state: string;
  /** The user_id of the member who saved it */
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** The ETag without its quotation marks */
  readonly version: string;
}

/** A page of the organisation's views, newest first. Only a null cursor ends the list. */
export interface ViewList {
  readonly data: readonly ViewDescription[];
  readonly next_cursor: string | null;
}
