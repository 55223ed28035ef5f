import type { Metadata } from "next";
import Link from "next/link";
import { redirect } from "next/navigation";
import { SignOutButton } from "@/features/auth/sign-out-button";
import { SignedInAs } from "@/features/auth/signed-in-as";
import { messageOf } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { readSession } from "@/server/session";
import { MessagePage } from "@/ui/message-page";
import { PlainHeader } from "@/ui/plain-header";
import { PostButton } from "@/ui/post-button";

export const metadata: Metadata = { title: "Join an organisation" };

/** Asks the signed-in user whether to accept the invitation of a link. */
export default async function JoinPage({ searchParams }: PageProps<"/join">) {
  const { invitation, error: code } = await searchParams;
  const session = await readSession();
  if (!session) redirect("/sign-in");
  const isLink = typeof invitation === "string" && invitation !== "";
  const error = messageOf(String(code));
  return (
    <>
      <PlainHeader />
      <MessagePage
        title="Join an organisation"
        actions={
          <>
            {isLink && (
              <PostButton action="/session/join" fields={{ invitation }} className="button button-main">
                Accept invitation
              </PostButton>
            )}
            {session.org_id && (
              <Link href="/" className="button">
                Go to dashboard
              </Link>
            )}
            <SignOutButton />
          </>
        }
      >
        {error && <ErrorText error={error} role="alert" />}
        <p>
          <SignedInAs user={session.user} />{" "}
          {isLink
            ? "The invitation works only with the e-mail address that was invited. To use another account, sign out, then open the link again."
            : "To join an organisation, open the link of your invitation. If you have no link, ask an admin of the organisation for an invitation."}
        </p>
      </MessagePage>
    </>
  );
}
