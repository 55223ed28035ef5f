"use server";

import type { OrganizationDescription } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { describeOrganization, renameOrganization } from "@/server/administration-api";
import { actIn } from "@/server/page-data";
import { fieldsOf } from "@/server/requests";

/** Return the organisation. */
export async function describe(org_id: string): Promise<OrganizationDescription | ErrorCode> {
  return actIn(org_id, describeOrganization);
}

/** Rename the organisation that the form names. */
export async function rename(form: FormData): Promise<OrganizationDescription | ErrorCode> {
  const { org_id = "", name = "" } = fieldsOf(form);
  return actIn(org_id, (token) => renameOrganization(token, name), "invalid_name");
}
