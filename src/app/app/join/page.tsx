import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { messageOf } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { readSession } from "@/server/session";
import { MessagePage } from "@/ui/message-page";

export const metadata: Metadata = { title: "Join an organisation" };

/** Asks the signed-in user whether to accept the invitation of a link. */
export default async function JoinPage({ searchParams }: PageProps<"/join">) {
  const query = await searchParams;
  const session = await readSession();
  if (!session) redirect("/sign-in");
  const error = messageOf(String(query["error"]));
  return (
    <MessagePage
      title="Join an organisation"
      actions={
        <>
          <form action="/session/join" method="post">
            <input type="hidden" name="invitation" value={String(query["invitation"] ?? "")} />
            <button className="button button-main">Accept invitation</button>
          </form>
          <form action="/session/sign-out" method="post">
            <button className="button">Sign out</button>
          </form>
        </>
      }
    >
      {error && <ErrorText error={error} role="alert" />}
      <p>
        You&apos;re signed in as {session.user.name} ({session.user.email}). The invitation works only with
        the e-mail address that was invited. To use another account, sign out, then open the link again.
      </p>
    </MessagePage>
  );
}
