/** The pages of an organisation, as the rest of their path. */
export type Page =
  | "overview"
  | "explore"
  | "funnels"
  | "retention"
  | "users"
  | "live"
  | "boards"
  | "settings"
  | "settings/members"
  | "settings/invitations"
  | "settings/keys"
  | "settings/usage"
  | "settings/audit-log";

/** The ids that the API accepts. They need no encoding in a path. */
const ORGANIZATION = /^\/o\/(\.*[\w:-][\w.:-]*)(?:\/|$)/;

/** The addresses of earlier versions, which didn't contain the organisation. */
const MOVED: Readonly<Record<string, Page>> = {
  "/": "overview",
  "/dashboard": "overview",
  "/keys": "settings/keys",
  "/settings": "settings",
  "/settings/members": "settings/members",
  "/settings/invitations": "settings/invitations",
  "/settings/usage": "settings/usage",
  "/settings/audit-log": "settings/audit-log",
};

/** Return the path of an organisation's page. */
export function pathOf(org_id: string, page: Page): string {
  return `/o/${org_id}/${page}`;
}

/** Return the path of a board. */
export function boardPath(org_id: string, board_id: string): string {
  return `${pathOf(org_id, "boards")}/${board_id}`;
}

/** Return the organisation of a path, or undefined if the path doesn't contain a valid one. */
export function organizationIn(path: string): string | undefined {
  return ORGANIZATION.exec(path)?.[1];
}

/** Return a path that can be decoded: the same one, or one whose text is the characters of an invalid encoding. */
export function decodablePath(path: string): string {
  try {
    decodeURIComponent(path);
    return path;
  } catch {
    return path.replaceAll("%", "%25");
  }
}

/**
 * Return the path that replaces an address of an earlier version, in this organisation, or one without a page. Return
 * undefined for all other addresses.
 */
export function movedPath(path: string, org_id: string): string | undefined {
  const named = organizationIn(path);
  if (named !== undefined && path === `/o/${named}`) return pathOf(named, "overview");
  const page = Object.hasOwn(MOVED, path) ? MOVED[path] : undefined;
  return page && pathOf(org_id, page);
}
