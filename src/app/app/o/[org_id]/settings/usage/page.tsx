import type { Metadata } from "next";
import { PageErrorPage } from "@/features/errors/error-pages";
import { UsageReport } from "@/features/usage/usage-report";
import { reportUsage } from "@/server/administration-api";
import { pageData } from "@/server/page-data";

export const metadata: Metadata = { title: "Usage" };

export default async function UsagePage() {
  const found = await pageData(reportUsage);
  if (typeof found === "string") return <PageErrorPage code={found} />;
  return (
    <main className="space-y-4 pt-6">
      <h1 className="text-2xl font-semibold">Usage</h1>
      <UsageReport usage={found} />
    </main>
  );
}
