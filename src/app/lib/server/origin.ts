import "server-only";
import { settings } from "./settings";

/** Where browsers reach this dashboard. */
export function ownOrigin(request: Request): string {
  const { dashboardUrl } = settings();
  return dashboardUrl ? new URL(dashboardUrl).origin : `http://${request.headers.get("host")}`;
}

/** The refusal of a request that another site's page has sent, or one that does not say who did. */
export function foreignOrigin(request: Request): Response | undefined {
  if (request.headers.get("origin") === ownOrigin(request)) return undefined;
  return Response.json({ title: "Requests from other sites are refused." }, { status: 403 });
}

/** To a page of ours; whatever else was asked for becomes the dashboard. */
export function redirectTo(request: Request, path: string): Response {
  return Response.redirect(new URL(path, ownOrigin(request)), 303);
}

/** A path on this site and nothing that a browser could take for another one. */
export function safePath(path: string | null | undefined): string {
  return path && /^\/(?![/\\])[^\s\\]*$/.test(path) ? path : "/dashboard";
}
