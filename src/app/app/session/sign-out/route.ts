import { redirectTo, sameOriginPost } from "@/server/requests";
import { endSession } from "@/server/session";

export const POST = sameOriginPost(async (request) => {
  await endSession();
  return redirectTo(request, "/sign-in");
});
