"use server";

import type { Usage } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { reportUsage } from "@/server/administration-api";
import { actIn } from "@/server/page-data";

/** Report the usage of the organisation. */
export async function report(org_id: string): Promise<Usage | ErrorCode> {
  return actIn(org_id, reportUsage);
}
