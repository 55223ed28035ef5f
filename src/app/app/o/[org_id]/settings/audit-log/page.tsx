import type { Metadata } from "next";
import { AuditLog } from "@/features/audit-log/audit-log";
import { filtersFrom } from "@/features/audit-log/entries";
import { FilterForm } from "@/features/audit-log/filter-form";
import { ERRORS } from "@/features/errors/error-messages";
import { PageErrorPage } from "@/features/errors/error-pages";
import { ErrorText } from "@/features/errors/error-text";
import { readAuditLog } from "@/server/administration-api";
import { pageData } from "@/server/page-data";

export const metadata: Metadata = { title: "Audit log" };

export default async function AuditLogPage({ searchParams }: PageProps<"/o/[org_id]/settings/audit-log">) {
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
      <FilterForm {...filters} />
      {isError ? (
        <ErrorText error={ERRORS[found]} role="alert" />
      ) : (
        <AuditLog filters={filters} rendered={found} />
      )}
    </main>
  );
}
