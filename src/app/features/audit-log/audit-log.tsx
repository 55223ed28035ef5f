"use client";

import type { AuditLog as AuditLogPage } from "@acme/analytics-sdk";
import { useState } from "react";
import type { PageData } from "@/server/page-data";
import type { AuditFilters } from "./entries";
import { EntryList } from "./entry-list";
import { FilterForm } from "./filter-form";

interface AuditLogProps {
  readonly filters: AuditFilters;
  /** Undefined if the filters are invalid. */
  readonly page: PageData<AuditLogPage> | undefined;
}

/** The administrative acts in the organisation that this tab shows, for its admins. */
export function AuditLog({ filters, page }: AuditLogProps) {
  const [summary, setSummary] = useState("");
  return (
    <>
      <FilterForm {...filters} />
      <output className="block text-sm text-muted">{summary}</output>
      <EntryList key={JSON.stringify(filters)} filters={filters} page={page} onSummary={setSummary} />
    </>
  );
}
