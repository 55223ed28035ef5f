"use server";

import type { CreatedShare, ShareDescription, ViewDescription } from "@acme/analytics-sdk";
import { localDay } from "@/features/clock/zones";
import type { ErrorCode } from "@/features/errors/error-messages";
import { act } from "@/server/page-data";
import { createShare, listShares, revokeShare } from "@/server/shares-api";
import { LIFETIMES } from "./links";
import { sharedQueries } from "./shared-question";

const DAY_MS = 24 * 3600 * 1000;
/** The clocks of this server and of the API can differ, and the API refuses links that last longer than 90 days. */
const MARGIN_MS = 60_000;

/** Return the links of a view that work, newest first. */
export async function listLinks(view_id: string): Promise<readonly ShareDescription[] | ErrorCode> {
  return act((token) => listShares(token, view_id));
}

/** Create a link to a view that expires after this number of days. */
export async function createLink(view: ViewDescription, days: number): Promise<CreatedShare | ErrorCode> {
  if (!LIFETIMES.includes(days)) return "request_failed";
  const now = Date.now();
  // The API permits the queries for all dates, so the zone doesn't matter.
  const queries = sharedQueries(view, { day: localDay(now, "UTC"), timezone: "UTC" });
  const expires_at = new Date(now + days * DAY_MS - MARGIN_MS).toISOString();
  return act((token) => createShare(token, view, { queries, expires_at }));
}

/** Revoke a link to a view. */
export async function revokeLink(view_id: string, share_id: string): Promise<"revoked" | ErrorCode> {
  return act(async (token) => {
    await revokeShare(token, view_id, share_id);
    return "revoked" as const;
  });
}
