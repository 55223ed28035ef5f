import { exchange } from "@/lib/server/analytics-api";
import { foreignOrigin } from "@/lib/server/origin";
import { readSession } from "@/lib/server/session";

/** A short-lived access token for one of the user's organisations. */
export async function POST(request: Request): Promise<Response> {
  const refusal = foreignOrigin(request);
  if (refusal) return refusal;
  const session = await readSession();
  if (!session) return Response.json({ title: "Sign in first." }, { status: 401 });
  const { org_id } = (await request.json()) as { org_id: string };
  const { access_token, expires_in } = await exchange(session.id_token, org_id);
  return Response.json({ access_token, expires_in }, { headers: { "Cache-Control": "no-store" } });
}
