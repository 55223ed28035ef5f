import { foreignOrigin, redirectTo } from "@/lib/server/origin";
import { endSession } from "@/lib/server/session";

export async function POST(request: Request): Promise<Response> {
  const refusal = foreignOrigin(request);
  if (refusal) return refusal;
  await endSession();
  return redirectTo(request, "/sign-in");
}
