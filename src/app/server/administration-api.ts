import "server-only";
import type {
  AuditLog,
  CreatedInvitation,
  InvitationList,
  MemberDescription,
  MemberList,
  NewInvitation,
  OrganizationChange,
  OrganizationDescription,
  RoleChange,
  Usage,
} from "@acme/analytics-sdk";
import { bearer, post, send } from "./analytics-api";

// The API operations for the administration of an organisation, which the SDK doesn't offer.

/** The number of rows that a list shows at first, and adds with each further page. */
const PAGE_ROWS = 25;

/** The number of pages that are read to find an entry of the audit log. */
const PAGES_MAX = 10;

/** The current month and the twelve months before it: the most that the API reports. */
const MONTHS = 13;

/** Return the token's organisation. */
export function describeOrganization(access_token: string): Promise<OrganizationDescription> {
  return send("/api/v1/organization", { headers: bearer(access_token) });
}

/** Change the token's organisation. */
export function changeOrganization(
  access_token: string,
  change: OrganizationChange,
): Promise<OrganizationDescription> {
  return post("/api/v1/organization", change, bearer(access_token), "PATCH");
}

/** Return a page of the organisation's members, ordered by user id. */
export function listMembers(access_token: string, cursor?: string): Promise<MemberList> {
  return page("/api/v1/members", access_token, { cursor });
}

/** Give a member another role. */
export function changeMember(
  access_token: string,
  user_id: string,
  change: RoleChange,
): Promise<MemberDescription> {
  return post(memberPath(user_id), change, bearer(access_token), "PATCH");
}

/** Remove a member from the organisation. */
export function removeMember(access_token: string, user_id: string): Promise<void> {
  return send(memberPath(user_id), { method: "DELETE", headers: bearer(access_token) });
}

/** Return a page of the organisation's open invitations, newest first. */
export function listInvitations(access_token: string, cursor?: string): Promise<InvitationList> {
  return page("/api/v1/invitations", access_token, { cursor });
}

/** Invite a person. The API returns the invitation's token only in this response. */
export function createInvitation(
  access_token: string,
  invitation: NewInvitation,
): Promise<CreatedInvitation> {
  return post("/api/v1/invitations", invitation, bearer(access_token));
}

/** Revoke an invitation of the organisation. */
export function revokeInvitation(access_token: string, invitation_id: string): Promise<void> {
  return send(`/api/v1/invitations/${encodeURIComponent(invitation_id)}`, {
    method: "DELETE",
    headers: bearer(access_token),
  });
}

/** Return the number of events that the organisation sent per month and day, oldest month first. */
export function reportUsage(access_token: string): Promise<Usage> {
  return send(`/api/v1/usage?months=${MONTHS}`, { headers: bearer(access_token) });
}

/** Which entries of the audit log are read. An empty text doesn't filter. */
interface AuditLogFilters {
  readonly action: string;
  readonly actor: string;
}

/** Return the organisation's audit log, newest first, from the cursor. */
export async function readAuditLog(
  access_token: string,
  filters: AuditLogFilters,
  cursor?: string,
): Promise<AuditLog> {
  let found = await page<AuditLog>("/api/v1/audit-log", access_token, { ...filters, cursor });
  // A page can be empty although there are more entries.
  for (let pages = 1; pages < PAGES_MAX && !found.data.length && found.next_cursor; pages += 1)
    found = await page("/api/v1/audit-log", access_token, { ...filters, cursor: found.next_cursor });
  return found;
}

function memberPath(user_id: string): string {
  return `/api/v1/members/${encodeURIComponent(user_id)}`;
}

/** Return a page of a list. The API rejects empty parameters, so they are left out. */
function page<T>(
  path: string,
  access_token: string,
  parameters: Readonly<Record<string, string | undefined>>,
): Promise<T> {
  const query = new URLSearchParams({ limit: String(PAGE_ROWS) });
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  return send(`${path}?${query}`, { headers: bearer(access_token) });
}
