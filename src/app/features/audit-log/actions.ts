"use server";

import type { AuditLog } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { readAuditLog } from "@/server/administration-api";
import { actIn } from "@/server/page-data";
import type { AuditFilters } from "./entries";

/** Return the newest entries of the organisation's audit log, or those at the cursor. */
export async function read(
  org_id: string,
  filters: AuditFilters,
  cursor?: string,
): Promise<AuditLog | ErrorCode> {
  return actIn(org_id, (token) => readAuditLog(token, filters, cursor));
}
