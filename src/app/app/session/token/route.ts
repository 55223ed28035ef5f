import { exchangeToken } from "@/server/analytics-api";
import { errorCodeOf, errorResponse } from "@/server/auth-errors";
import { sameOriginPost } from "@/server/requests";
import { currentSession } from "@/server/session";

/** Issue a short-lived access token for the organisation that the page shows. */
export const POST = sameOriginPost(async (_, body) => {
  const org_id = orgIdOf(body);
  if (typeof org_id !== "string") return Response.json({ title: "org_id required" }, { status: 400 });
  try {
    const session = await currentSession();
    if (!session) return errorResponse("session_ended");
    const { access_token, expires_in } = await exchangeToken(session.id_token, org_id);
    return Response.json({ access_token, expires_in }, { headers: { "Cache-Control": "no-store" } });
  } catch (error) {
    return errorResponse(errorCodeOf(error));
  }
});

function orgIdOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { org_id?: unknown } | null)?.org_id;
  } catch {
    return undefined;
  }
}
