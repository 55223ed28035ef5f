/** Who is signed in, as pages may know it. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** An organisation of the user's, and what they are in it. */
export interface Organization {
  readonly org_id: string;
  readonly name: string;
  readonly plan: string;
  readonly role: Role | null;
}

export type Role = "viewer" | "member" | "admin" | "owner";

/** What the signed-in part of the dashboard knows of the caller. No secret is in it. */
export interface SessionView {
  readonly user: User;
  readonly organizations: readonly Organization[];
  /** The organisation that is shown. */
  readonly org_id: string;
  readonly role: Role | null;
  readonly scopes: readonly string[];
  /** Where the browser reaches the API. */
  readonly apiBaseUrl: string;
}
