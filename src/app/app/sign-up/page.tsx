import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { messageOf } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { NewOrganizationForm } from "@/features/organization/new-organization-form";
import { readSession } from "@/server/session";
import { settings } from "@/server/settings";
import { MessagePage } from "@/ui/message-page";

export const metadata: Metadata = { title: "Get started" };

/** Tells a signed-in person without an organisation how to get one. */
export default async function SignUpPage({ searchParams }: PageProps<"/sign-up">) {
  const query = await searchParams;
  const session = await readSession();
  if (!session) redirect("/sign-in");
  const error = messageOf(String(query["error"]));
  const { name, email } = session.user;
  return (
    <MessagePage
      title="You aren't a member of an organisation"
      actions={
        <>
          <form action="/session/organization" method="post">
            <button className="button">Check again</button>
          </form>
          <form action="/session/sign-out" method="post">
            <button className="button">Sign out</button>
          </form>
        </>
      }
    >
      {error && <ErrorText error={error} role="alert" />}
      <p>
        You&apos;re signed in as {name}
        {email && email !== name && ` (${email})`}. To join an organisation, ask one of its admins for an
        invitation, and open the link that you get.
      </p>
      {settings().signUpIsOpen ? (
        <NewOrganizationForm name={String(query["name"] ?? "")} />
      ) : (
        <p>Only the operator of this service can create organisations.</p>
      )}
    </MessagePage>
  );
}
