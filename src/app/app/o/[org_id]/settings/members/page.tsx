import type { Metadata } from "next";
import { PageErrorPage } from "@/features/errors/error-pages";
import { Members } from "@/features/members/members";
import { listMembers } from "@/server/administration-api";
import { pageData } from "@/server/page-data";

export const metadata: Metadata = { title: "Members" };

export default async function MembersPage() {
  const found = await pageData((token) => listMembers(token));
  if (typeof found === "string") return <PageErrorPage code={found} />;
  return (
    <main className="space-y-4 pt-6">
      <h1 className="text-2xl font-semibold">Members</h1>
      <Members rendered={found} />
    </main>
  );
}
