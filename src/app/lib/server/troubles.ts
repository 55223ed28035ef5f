import "server-only";
import type { Trouble } from "../trouble";
import { ApiAway, ApiRefusal } from "./analytics-api";
import { IdentityEnded, ProviderAway } from "./identity";

const STATUS: Readonly<Record<Trouble, number>> = {
  session_ended: 401,
  sign_in_failed: 401,
  not_a_member: 403,
  no_rights: 403,
  api_away: 503,
  provider_away: 503,
};

/** The trouble that an error stands for. Throws what is a mistake of ours. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof ApiAway) return "api_away";
  if (error instanceof ProviderAway) return "provider_away";
  if (error instanceof IdentityEnded) return "session_ended";
  if (error instanceof ApiRefusal && error.status === 401) return "session_ended";
  if (error instanceof ApiRefusal && error.code === "not_a_member") return "not_a_member";
  if (error instanceof ApiRefusal && error.code === "insufficient_scope") return "no_rights";
  throw error;
}

export function troubleAnswer(code: Trouble): Response {
  return Response.json({ code }, { status: STATUS[code], headers: { "Cache-Control": "no-store" } });
}
