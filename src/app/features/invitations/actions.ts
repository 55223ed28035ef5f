"use server";

import type { CreatedInvitation, InvitationList } from "@acme/analytics-sdk";
import { type ErrorCode, type ErrorMessage, ERRORS } from "@/features/errors/error-messages";
import { isRole } from "@/features/members/member";
import { actionToken } from "@/server/access-token";
import { createInvitation, listInvitations, revokeInvitation } from "@/server/administration-api";
import { ApiError, errorCodeOf } from "@/server/auth-errors";
import { actIn } from "@/server/page-data";
import { fieldsOf } from "@/server/requests";

export interface InvitationResult {
  readonly created?: CreatedInvitation;
  /** The first invitations of the organisation, including the new one. */
  readonly list?: InvitationList;
  readonly error?: ErrorMessage;
}

/** Invite a person. The API returns the invitation's token only in this response. */
export async function invite(form: FormData): Promise<InvitationResult> {
  const { org_id = "", email = "", role = "" } = fieldsOf(form);
  if (!isRole(role)) return { error: ERRORS.invalid_invitation };
  try {
    const token = await actionToken(org_id);
    const created = await createInvitation(token, { email: email.trim(), role });
    return { created, list: await listInvitations(token) };
  } catch (error) {
    const isInvalid = error instanceof ApiError && error.code === "invalid_payload";
    return { error: ERRORS[isInvalid ? "invalid_invitation" : errorCodeOf(error)] };
  }
}

/** Return the first invitations of the organisation. */
export async function list(org_id: string): Promise<InvitationList | ErrorCode> {
  return actIn(org_id, (token) => listInvitations(token));
}

/** Return the page of invitations at the cursor. */
export async function listMore(org_id: string, cursor: string): Promise<InvitationList | ErrorCode> {
  return actIn(org_id, (token) => listInvitations(token, cursor));
}

/** Revoke an invitation of the organisation. */
export async function revoke(org_id: string, invitation_id: string): Promise<"revoked" | ErrorCode> {
  return actIn(org_id, async (token) => {
    await revokeInvitation(token, invitation_id);
    return "revoked" as const;
  });
}
