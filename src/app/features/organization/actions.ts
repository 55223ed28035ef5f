"use server";

import type { OrganizationDescription } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { renameOrganization } from "@/server/administration-api";
import { act } from "@/server/page-data";
import { fieldsOf } from "@/server/requests";

/** Rename the organisation. */
export async function rename(form: FormData): Promise<OrganizationDescription | ErrorCode> {
  const { name = "" } = fieldsOf(form);
  return act((token) => renameOrganization(token, name), "invalid_name");
}
