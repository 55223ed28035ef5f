import type { AuditEntryDescription } from "@acme/analytics-sdk";

/** The actions, and how the list describes them. */
export const ACTIONS = {
  "organization.create": "Created the organisation",
  "organization.update": "Changed the organisation",
  "organization.set_quota": "Changed the quota",
  "organization.set_retention": "Changed the retention",
  "organization.suspend": "Suspended the organisation",
  "organization.resume": "Resumed the organisation",
  "organization.delete": "Deleted the organisation",
  "member.add": "Added a member",
  "member.role": "Changed a role",
  "member.remove": "Removed a member",
  "invitation.create": "Invited a person",
  "invitation.revoke": "Revoked an invitation",
  "invitation.accept": "Accepted an invitation",
  "api_key.create": "Created an API key",
  "api_key.revoke": "Revoked an API key",
  "user.erase": "Erased a user",
  "view.create": "Saved a view",
  "view.update": "Changed a view",
  "view.delete": "Deleted a view",
  "board.create": "Created a board",
  "board.update": "Changed a board",
  "board.delete": "Deleted a board",
  "annotation.create": "Wrote an annotation",
  "annotation.update": "Changed an annotation",
  "annotation.delete": "Deleted an annotation",
  "share.create": "Created a share link",
  "share.revoke": "Revoked a share link",
  "alert.create": "Created an alert",
  "alert.update": "Changed an alert",
  "alert.rotate_secret": "Replaced the secret of an alert",
  "alert.delete": "Deleted an alert",
  "sample_user.sign_in": "Signed in as a sample user",
} as const satisfies Readonly<Record<string, string>>;

/** The details that name what was changed, where its id is a hash. */
const NAMES: Readonly<Record<string, string>> = {
  api_key: "name",
  invitation: "email",
  view: "name",
  board: "name",
  share: "name",
  alert: "name",
};

/** The filters of the list. An empty text doesn't filter. */
export interface AuditFilters {
  readonly action: string;
  readonly actor: string;
}

/** Return the filters of a page's query. Unknown actions are ignored. */
export function filtersFrom(query: Readonly<Record<string, string | string[] | undefined>>): AuditFilters {
  const { action, actor } = query;
  return {
    action: typeof action === "string" && Object.hasOwn(ACTIONS, action) ? action : "",
    actor: typeof actor === "string" ? actor.trim() : "",
  };
}

/** Return what was done. */
export function titleOf({ action }: AuditEntryDescription): string {
  return Object.hasOwn(ACTIONS, action) ? ACTIONS[action as keyof typeof ACTIONS] : action;
}

/** Return the name or the id of what was changed. */
export function targetOf({ action, target, details }: AuditEntryDescription): string {
  const name = details[NAMES[action.split(".")[0]!] ?? ""];
  return typeof name === "string" ? name : target;
}

/** Return the start of a key's id, as the list of keys shows it. Keys can have the same name. */
export function keyIdOf({ action, target }: AuditEntryDescription): string | undefined {
  return action.startsWith("api_key.") ? `${target.slice(0, 12)}…` : undefined;
}

/** Return the details as texts such as `role: viewer → admin`. */
export function detailsOf({ action, details }: AuditEntryDescription): readonly string[] {
  const isNew = action.endsWith(".create"); // its lists are no changes
  return Object.entries(details)
    .filter(([name]) => name !== NAMES[action.split(".")[0]!])
    .map(([name, value]) => {
      const values = [value].flat().map(textOf);
      return `${name}: ${values.join(!isNew && values.length === 2 ? " → " : ", ")}`;
    });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
