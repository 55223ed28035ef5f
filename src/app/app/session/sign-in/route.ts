import { exchange, signInSampleUser } from "@/lib/server/analytics-api";
import { formOf } from "@/lib/server/forms";
import { foreignOrigin, redirectTo, safePath } from "@/lib/server/origin";
import { writeSession } from "@/lib/server/session";

/** Signs a sample user in, locally. */
export async function POST(request: Request): Promise<Response> {
  const refusal = foreignOrigin(request);
  if (refusal) return refusal;
  const { user_id = "", org_id = "", return: path } = await formOf(request);
  const { id_token, expires_in } = await signInSampleUser(user_id);
  await exchange(id_token, org_id);
  const id_token_ends_at = Date.now() / 1000 + expires_in;
  await writeSession({ user: { id: user_id, name: user_id, email: "" }, org_id, id_token, id_token_ends_at });
  return redirectTo(request, safePath(path));
}
