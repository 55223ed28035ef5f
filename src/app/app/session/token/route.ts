import { exchange } from "@/lib/server/analytics-api";
import { ownPost } from "@/lib/server/forms";
import { currentSession } from "@/lib/server/session";
import { troubleAnswer, troubleOf } from "@/lib/server/troubles";

/** A short-lived access token for the organisation that the page shows. */
export const POST = ownPost(async (_, body) => {
  const org_id = orgIdOf(body);
  if (typeof org_id !== "string") return Response.json({ title: "Name the org_id." }, { status: 400 });
  try {
    const session = await currentSession();
    if (!session) return troubleAnswer("session_ended");
    const { access_token, expires_in } = await exchange(session.id_token, org_id);
    return Response.json({ access_token, expires_in }, { headers: { "Cache-Control": "no-store" } });
  } catch (error) {
    return troubleAnswer(troubleOf(error));
  }
});

function orgIdOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { org_id?: unknown } | null)?.org_id;
  } catch {
    return undefined;
  }
}
