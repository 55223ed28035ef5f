import "server-only";
import type {
  CreatedShare,
  NewShare,
  OpenedShare,
  ShareDescription,
  ViewDescription,
} from "@acme/analytics-sdk";
import { bearer, post, send } from "./analytics-api";
import { ApiError, ApiUnavailableError } from "./auth-errors";
import { OpeningBudget } from "./opening-budget";
import { allPages, ifMatch } from "./views-api";

// The API operations for share links, which the SDK doesn't offer.

/** The API limits requests without a token per address, so visitors of links could use up what sign-ins need. */
const BURST = 100;
const PER_SECOND = 2;
/** The secrets that the API creates: an organisation, and 192 random bits. */
const SECRET = /^[A-Za-z0-9._:-]{1,128}\.[0-9a-f]{48}$/;

const budget = new OpeningBudget(BURST, PER_SECOND, Date.now());

/** Return the links of a view that work, newest first. */
export function listShares(access_token: string, view_id: string): Promise<readonly ShareDescription[]> {
  return allPages<ShareDescription>(sharesOf(view_id), access_token);
}

/** Create a link to the version of a view that the page shows. The API returns its secret only in this response. */
export function createShare(
  access_token: string,
  { view_id, version }: ViewDescription,
  share: NewShare,
): Promise<CreatedShare> {
  return post(sharesOf(view_id), share, ifMatch(access_token, version));
}

/** Revoke a link to a view. */
export function revokeShare(access_token: string, view_id: string, share_id: string): Promise<void> {
  return send(`${sharesOf(view_id)}/${encodeURIComponent(share_id)}`, {
    method: "DELETE",
    headers: bearer(access_token),
  });
}

/**
 * Exchange the secret of a link for its view and a token. Return undefined if the link doesn't work. Throw
 * ApiUnavailableError also if too many links are opened.
 */
export async function openShare(secret: string, now: number): Promise<OpenedShare | undefined> {
  if (!SECRET.test(secret)) return undefined;
  if (!budget.take(now)) throw new ApiUnavailableError("Too many share links are opened.");
  try {
    return await post("/api/v1/auth/share", { secret });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function sharesOf(view_id: string): string {
  return `/api/v1/views/${encodeURIComponent(view_id)}/shares`;
}
