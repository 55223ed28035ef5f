import type { Trouble } from "./trouble";

/** Part of a token's life after which the next one is fetched, while this one still serves. */
const REFRESH_AT = 0.8;

interface Issued {
  readonly access_token: string;
  readonly expires_in: number;
}

type GetToken = (options: { readonly refresh: boolean }) => Promise<string>;

/**
 * Access tokens for one organisation, from our own server; kept in memory only. The organisation is named
 * with every request, so that a tab keeps its own when another one switches. `tell` hears why there is no
 * token, and when there is one again.
 */
export function accessTokens(org_id: string, tell: (trouble: Trouble | undefined) => void): GetToken {
  let token = "";
  let [refreshAt, endsAt] = [0, 0];
  let pending: Promise<string> | undefined;
  const fetchNext = (): Promise<string> => {
    pending ??= issue(org_id, tell)
      .then(({ access_token, expires_in }) => {
        token = access_token;
        refreshAt = performance.now() + expires_in * 1000 * REFRESH_AT;
        endsAt = performance.now() + expires_in * 1000;
        return token;
      })
      .finally(() => (pending = undefined));
    return pending;
  };
  return ({ refresh }) => {
    if (refresh || performance.now() >= endsAt) return fetchNext();
    if (performance.now() >= refreshAt) fetchNext().catch(() => {}); // asked for again, in earnest, at its end
    return Promise.resolve(token);
  };
}

/** Rejects when the session has ended, or the server is away: the SDK keeps what is to be sent. */
async function issue(org_id: string, tell: (trouble: Trouble | undefined) => void): Promise<Issued> {
  const response = await fetch("/session/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ org_id }),
  });
  const answer = (await response.json()) as Issued | { readonly code?: Trouble };
  const trouble = "code" in answer ? answer.code : undefined;
  tell(trouble);
  if (!("access_token" in answer)) throw new Error(`No access token: ${trouble ?? response.status}`);
  return answer;
}
