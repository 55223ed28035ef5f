"use server";

import type { AuditLog } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { readAuditLog } from "@/server/administration-api";
import { act } from "@/server/page-data";
import type { AuditFilters } from "./entries";

/** Return the entries of the organisation's audit log at the cursor. */
export async function readMore(filters: AuditFilters, cursor: string): Promise<AuditLog | ErrorCode> {
  return act((token) => readAuditLog(token, filters, cursor));
}
