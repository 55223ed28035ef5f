import type { Caller } from "@acme/analytics-sdk";
import type { User } from "@/server/identity";

/** The session as pages see it, without tokens and secrets. */
export interface SessionView extends Pick<Caller, "org_id" | "role" | "scopes" | "organizations"> {
  readonly user: User;
  /** The API's URL for browsers. */
  readonly apiBaseUrl: string;
}
