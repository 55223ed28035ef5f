import type { Metadata } from "next";
import { ApiAway } from "@/components/api-away";
import { KeyForm } from "@/components/key-form";
import { KeyList } from "@/components/key-list";
import { NoRights } from "@/components/no-rights";
import { pageToken } from "@/lib/server/access-token";
import { listKeys } from "@/lib/server/analytics-api";
import { troubleOf } from "@/lib/server/troubles";

export const metadata: Metadata = { title: "API keys" };

export default async function KeysPage() {
  const keys = await pageToken().then(listKeys).catch(troubleOf);
  if (keys === "no_rights") return <NoRights />;
  if (typeof keys === "string") return <ApiAway />;
  return (
    <main className="mx-auto max-w-5xl space-y-6 px-3 py-6 sm:px-6">
      <h1 className="text-2xl font-semibold">API keys</h1>
      <KeyForm />
      <KeyList keys={keys} />
    </main>
  );
}
