import type { Metadata } from "next";
import { AuditLog } from "@/features/audit-log/audit-log";
import { filtersFrom } from "@/features/audit-log/entries";
import { PageErrorPage } from "@/features/errors/error-pages";
import { readAuditLog } from "@/server/administration-api";
import { pageData } from "@/server/page-data";

export const metadata: Metadata = { title: "Audit log" };

export default async function AuditLogPage({ searchParams }: PageProps<"/settings/audit-log">) {
  const filters = filtersFrom(await searchParams);
  const found = await pageData((token) => readAuditLog(token, filters));
  const isError = typeof found === "string";
  if (isError && found !== "invalid_parameter") return <PageErrorPage code={found} />;
  return (
    <main className="space-y-4 pt-6">
      <h1 className="text-2xl font-semibold">Audit log</h1>
      <p className="text-sm text-muted">
        Who changed the organisation, its members or its keys, and when. Entries are kept for 400 days.
      </p>
      <AuditLog filters={filters} page={isError ? undefined : found} />
    </main>
  );
}
