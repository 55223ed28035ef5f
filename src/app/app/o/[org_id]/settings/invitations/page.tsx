import type { Metadata } from "next";
import { PageErrorPage } from "@/features/errors/error-pages";
import { Invitations } from "@/features/invitations/invitations";
import { listInvitations } from "@/server/administration-api";
import { pageData } from "@/server/page-data";

export const metadata: Metadata = { title: "Invitations" };

export default async function InvitationsPage() {
  const found = await pageData((token) => listInvitations(token));
  if (typeof found === "string") return <PageErrorPage code={found} />;
  return (
    <main className="space-y-4 pt-6">
      <h1 className="text-2xl font-semibold">Invitations</h1>
      <Invitations rendered={found} />
    </main>
  );
}
