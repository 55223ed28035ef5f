import { ownPost } from "@/lib/server/forms";
import { redirectTo } from "@/lib/server/origin";
import { endSession } from "@/lib/server/session";

export const POST = ownPost(async (request) => {
  await endSession();
  return redirectTo(request, "/sign-in");
});
