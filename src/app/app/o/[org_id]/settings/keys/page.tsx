import type { Metadata } from "next";
import { PageErrorPage } from "@/features/errors/error-pages";
import { Keys } from "@/features/keys/keys";
import { listKeys } from "@/server/analytics-api";
import { pageData } from "@/server/page-data";

export const metadata: Metadata = { title: "API keys" };

export default async function KeysPage() {
  const found = await pageData(listKeys);
  if (typeof found === "string") return <PageErrorPage code={found} />;
  return (
    <main className="space-y-6 pt-6">
      <h1 className="text-2xl font-semibold">API keys</h1>
      <Keys rendered={found} />
    </main>
  );
}
