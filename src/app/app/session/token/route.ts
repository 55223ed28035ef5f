import { exchange } from "@/lib/server/analytics-api";
import { foreignOrigin } from "@/lib/server/origin";
import { currentSession } from "@/lib/server/session";
import { troubleAnswer, troubleOf } from "@/lib/server/troubles";

/** A short-lived access token for the organisation that the page shows. */
export async function POST(request: Request): Promise<Response> {
  const refusal = foreignOrigin(request);
  if (refusal) return refusal;
  const { org_id } = (await request.json().catch(() => ({}))) as { org_id?: unknown };
  if (typeof org_id !== "string") return Response.json({ title: "Name the org_id." }, { status: 400 });
  try {
    const session = await currentSession();
    if (!session) return troubleAnswer("session_ended");
    const { access_token, expires_in } = await exchange(session.id_token, org_id);
    return Response.json({ access_token, expires_in }, { headers: { "Cache-Control": "no-store" } });
  } catch (error) {
    return troubleAnswer(troubleOf(error));
  }
}
