"use server";

import type { OrganizationDescription } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { changeOrganization } from "@/server/administration-api";
import { act } from "@/server/page-data";
import { fieldsOf } from "@/server/requests";

/** Rename the organisation. */
export async function rename(form: FormData): Promise<OrganizationDescription | ErrorCode> {
  const { name = "" } = fieldsOf(form);
  return act((token) => changeOrganization(token, { name }), "invalid_name");
}

/** Change the time zone in which the organisation's days begin. */
export async function changeZone(form: FormData): Promise<OrganizationDescription | ErrorCode> {
  const { timezone = "" } = fieldsOf(form);
  return act((token) => changeOrganization(token, { timezone }), "invalid_timezone");
}
