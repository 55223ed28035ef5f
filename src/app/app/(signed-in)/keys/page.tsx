import type { Metadata } from "next";
import { ApiAway } from "@/components/api-away";
import { Keys } from "@/components/keys";
import { NoRights } from "@/components/no-rights";
import { pageToken } from "@/lib/server/access-token";
import { listKeys } from "@/lib/server/analytics-api";
import { troubleOf } from "@/lib/server/troubles";

export const metadata: Metadata = { title: "API keys" };

export default async function KeysPage() {
  const found = await keysOfSession().catch(troubleOf);
  if (found === "no_rights") return <NoRights />;
  if (typeof found === "string") return <ApiAway />;
  return (
    <main className="mx-auto max-w-5xl space-y-6 px-3 py-6 sm:px-6">
      <h1 className="text-2xl font-semibold">API keys</h1>
      <Keys {...found} />
    </main>
  );
}

async function keysOfSession() {
  const { org_id, token } = await pageToken();
  return { renderedFor: org_id, rendered: await listKeys(token) };
}
