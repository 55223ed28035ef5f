"use client";

import type { AuditLog as AuditLogPage } from "@acme/analytics-sdk";
import { useState } from "react";
import type { AuditFilters } from "./entries";
import { EntryList } from "./entry-list";

interface AuditLogProps {
  readonly filters: AuditFilters;
  readonly rendered: AuditLogPage;
}

/** The administrative acts in the organisation, for its admins. */
export function AuditLog({ filters, rendered }: AuditLogProps) {
  const [summary, setSummary] = useState("");
  return (
    <>
      <output className="block text-sm text-muted">{summary}</output>
      <EntryList key={JSON.stringify(filters)} filters={filters} rendered={rendered} onSummary={setSummary} />
    </>
  );
}
