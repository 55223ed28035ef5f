import { type AccessToken, cachedToken } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";

/**
 * Return a `getToken` function for one organisation. The tokens come from this dashboard's server. Every request names
 * the organisation, so that a tab keeps its organisation when another tab switches. `onResult` is called with the
 * error code of every response, or undefined if the response has a token.
 */
export function tokenSource(
  org_id: string,
  onResult: (error: ErrorCode | undefined) => void,
): ReturnType<typeof cachedToken> {
  return cachedToken(async () => {
    const response = await fetch("/session/token", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ org_id }),
    });
    const result = (await response.json()) as AccessToken | { readonly code?: ErrorCode };
    const code = "code" in result ? result.code : undefined;
    onResult(code);
    if ("access_token" in result) return { token: result.access_token, lifetimeMs: result.expires_in * 1000 };
    throw new Error(`No access token: ${code ?? response.status}`, { cause: code }); // the SDK keeps its queue
  });
}
