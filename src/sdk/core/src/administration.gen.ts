// Generated from the API's OpenAPI document by `make sdk-types`. Do not edit.

/** The person's ID token, and the token of the invitation. */
export interface Acceptance {
  /** An ID token of the identity provider */
  readonly id_token: string;
  readonly invitation_token: string;
}

/** An API key without its secret. */
export interface ApiKeyDescription {
  /** The SHA-256 of the key, so its owner can recognise it */
  readonly key_id: string;
  readonly name: string;
  readonly kind: "secret" | "read" | "publishable";
  readonly created_at: string;
  /** The user_id of the admin who created it; null if not created via the API */
  readonly created_by: string | null;
  /** Null if it never expires */
  readonly expires_at: string | null;
  /** The origins from whose pages a publishable key may write; empty if all may */
  readonly origins: readonly string[];
  /** The last UTC day on which the key was exchanged or sent in a beacon; null if it has not been used since the service began to record this */
  readonly last_used_on: string | null;
}

/** A page of the organisation's API keys, newest first.

`next_cursor` is null on the last page only. */
export interface ApiKeyList {
  readonly data: readonly ApiKeyDescription[];
  readonly next_cursor: string | null;
}

/** The user of the organisation, or the operator of the service, who acted. */
export interface AuditActor {
  readonly type: "user" | "operator";
  readonly id: string;
}

/** An administrative act. */
export interface AuditEntryDescription {
  readonly entry_id: string;
  readonly at: string;
  readonly actor: AuditActor;
  readonly action: string;
  /** The id of the member, key, invitation or organisation */
  readonly target: string;
  /** Depends on the action; a changed value is a list of the old and the new value */
  readonly details: Readonly<Record<string, unknown>>;
  /** The X-Request-Id of the request, if a request caused the act */
  readonly request_id: string | null;
}

/** A page of the audit log, newest first. Only a null cursor ends the list. */
export interface AuditLog {
  readonly data: readonly AuditEntryDescription[];
  readonly next_cursor: string | null;
}

/** A new API key with its secret, which is never returned again. */
export interface CreatedApiKey {
  /** The SHA-256 of the key, so its owner can recognise it */
  readonly key_id: string;
  readonly name: string;
  readonly kind: "secret" | "read" | "publishable";
  readonly created_at: string;
  /** The user_id of the admin who created it; null if not created via the API */
  readonly created_by: string | null;
  /** Null if it never expires */
  readonly expires_at: string | null;
  /** The origins from whose pages a publishable key may write; empty if all may */
  readonly origins: readonly string[];
  /** The last UTC day on which the key was exchanged or sent in a beacon; null if it has not been used since the service began to record this */
  readonly last_used_on: string | null;
  readonly api_key: string;
}

/** A new invitation with its token, which is never returned again. */
export interface CreatedInvitation {
  /** The SHA-256 of the invitation's token */
  readonly invitation_id: string;
  readonly email: string;
  readonly role: "viewer" | "member" | "admin" | "owner";
  readonly created_at: string;
  readonly expires_at: string;
  /** The user_id of the admin who invited; null for an operator */
  readonly created_by: string | null;
  /** Put it in the link that the person gets */
  readonly invitation_token: string;
}

/** The erasure of a user. Instead of the user's id, it contains a keyed hash of the id. */
export interface ErasureDescription {
  readonly erasure_id: string;
  /** The `target` of the entry in the audit log */
  readonly user_id_hash: string;
  /** A failed erasure starts again if it is requested again */
  readonly status: "queued" | "running" | "done" | "failed";
  readonly created_at: string;
  /** The user or operator who requested it */
  readonly created_by: string;
  /** Null until the erasure is done */
  readonly receipt: ReceiptDescription | null;
}

/** A page of the organisation's erasures, newest first.

`next_cursor` is null on the last page only. */
export interface ErasureList {
  readonly data: readonly ErasureDescription[];
  readonly next_cursor: string | null;
}

/** The query of `export_user`. */
export interface ExportUserQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  /** `next_cursor` in the last line of the response before */
  readonly cursor?: string | null | undefined;
}

/** An invitation without its token. */
export interface InvitationDescription {
  /** The SHA-256 of the invitation's token */
  readonly invitation_id: string;
  readonly email: string;
  readonly role: "viewer" | "member" | "admin" | "owner";
  readonly created_at: string;
  readonly expires_at: string;
  /** The user_id of the admin who invited; null for an operator */
  readonly created_by: string | null;
}

/** A page of the invitations, newest first. Only a null cursor ends the list. */
export interface InvitationList {
  readonly data: readonly InvitationDescription[];
  readonly next_cursor: string | null;
}

/** The organisation that the person is now a member of. */
export interface Joined {
  readonly org_id: string;
  readonly role: "viewer" | "member" | "admin" | "owner";
}

/** The query of `list_erasures`. */
export interface ListErasuresQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** The query of `list_invitations`. */
export interface ListInvitationsQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** The query of `list_keys`. */
export interface ListKeysQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** The query of `list_members`. */
export interface ListMembersQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** A member of the organisation. */
export interface MemberDescription {
  readonly user_id: string;
  readonly role: "viewer" | "member" | "admin" | "owner";
  /** Null if unknown */
  readonly email: string | null;
  /** Null if unknown */
  readonly name: string | null;
  readonly joined_at: string;
}

/** A page of the organisation's members, by user id.

`next_cursor` is null on the last page only. */
export interface MemberList {
  readonly data: readonly MemberDescription[];
  readonly next_cursor: string | null;
}

/** The name and the kind of a new API key. */
export interface NewApiKey {
  readonly name: string;
  /** `secret` keys read and write, and are for servers; `read` keys only read; `publishable` keys only write events, and are for browsers */
  readonly kind: "secret" | "read" | "publishable";
  /** RFC 3339 with an offset, in the future; by default the key never expires */
  readonly expires_at?: string | null | undefined;
  /** Only for a publishable key: the only origins from whose pages it may write */
  readonly origins?: readonly string[] | undefined;
}

/** The user to erase. */
export interface NewErasure {
  /** The `user_id` of the events */
  readonly user_id: string;
}

/** The person to invite, by e-mail address, and their role. */
export interface NewInvitation {
  readonly email: string;
  readonly role: "viewer" | "member" | "admin" | "owner";
  /** RFC 3339 with an offset, at most 30 days ahead; by default in 7 days */
  readonly expires_at?: string | null | undefined;
}

/** A user to add to the organisation, and their role. */
export interface NewMember {
  /** The `sub` of the user's ID tokens */
  readonly user_id: string;
  readonly role: "viewer" | "member" | "admin" | "owner";
  /** Only for the list of members; it isn't verified */
  readonly email?: string | null | undefined;
  /** Only for the list of members */
  readonly name?: string | null | undefined;
}

/** The person's ID token, and the name of the organisation. */
export interface NewOrganization {
  /** An ID token of the identity provider */
  readonly id_token: string;
  readonly name: string;
}

/** The new values of the organisation. Values that are left out don't change. */
export interface OrganizationChange {
  readonly name?: string | undefined;
  /** The IANA time zone in which the dashboard's days begin */
  readonly timezone?: string | undefined;
}

/** An organisation. */
export interface OrganizationDescription {
  readonly org_id: string;
  readonly name: string;
  readonly plan: string;
  readonly status: "active" | "suspended";
  readonly created_at: string;
  readonly timezone: string;
}

/** The query of `read_audit_log`. */
export interface ReadAuditLogQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
  /** A date (the whole UTC day) or an RFC 3339 time, inclusive */
  readonly start_date?: string | null | undefined;
  /** Like start_date, inclusive */
  readonly end_date?: string | null | undefined;
  /** Only acts of the user or operator with this id */
  readonly actor?: string | undefined;
  /** Only this action */
  readonly action?: string | undefined;
}

/** The data that an erasure deleted, and the time when a search found nothing more. */
export interface ReceiptDescription {
  /** Events of the store */
  readonly events_deleted: number;
  /** UTC days of these events */
  readonly days_touched: number;
  /** Dead letters that mentioned the user */
  readonly dead_letters_deleted: number;
  /** Files of the event lake with the user's events, which were replaced */
  readonly lake_files_rewritten: number;
  readonly verified_at: string;
  /** Places that an erasure doesn't reach */
  readonly copies_outside: readonly string[];
}

/** The new role of a member. */
export interface RoleChange {
  readonly role: "viewer" | "member" | "admin" | "owner";
}
