import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { SignedInAs } from "@/features/auth/signed-in-as";
import { SignOutButton } from "@/features/auth/sign-out-button";
import { messageOf } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { NewOrganizationForm } from "@/features/organization/new-organization-form";
import { readSession } from "@/server/session";
import { settings } from "@/server/settings";
import { MessagePage } from "@/ui/message-page";
import { PlainHeader } from "@/ui/plain-header";
import { PostButton } from "@/ui/post-button";

export const metadata: Metadata = { title: "Get started" };

/** Tells a signed-in person without an organisation how to get one. */
export default async function SignUpPage({ searchParams }: PageProps<"/sign-up">) {
  const query = await searchParams;
  const session = await readSession();
  if (!session) redirect("/sign-in");
  if (session.org_id) redirect("/");
  const error = messageOf(String(query["error"]));
  return (
    <>
      <PlainHeader />
      <MessagePage
        title="You aren't a member of an organisation"
        actions={
          <>
            <PostButton action="/session/organization">Check again</PostButton>
            <SignOutButton />
          </>
        }
      >
        {error && <ErrorText error={error} role="alert" />}
        <p>
          <SignedInAs user={session.user} /> To join an organisation, ask one of its admins for an invitation,
          and open the link that you get.
        </p>
        {settings().signUpIsOpen ? (
          <NewOrganizationForm name={String(query["name"] ?? "")} />
        ) : (
          <p>Only the operator of this service can create organisations.</p>
        )}
      </MessagePage>
    </>
  );
}
