"use server";

import type { CreatedInvitation, InvitationList } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { isRole } from "@/features/members/member";
import { createInvitation, listInvitations, revokeInvitation } from "@/server/administration-api";
import { act } from "@/server/page-data";
import { fieldsOf } from "@/server/requests";

/** Invite a person. The API returns the invitation's token only in this response. */
export async function invite(form: FormData): Promise<CreatedInvitation | ErrorCode> {
  const { email = "", role = "" } = fieldsOf(form);
  if (!isRole(role)) return "invalid_invitation";
  const invitation = { email: email.trim(), role };
  return act((token) => createInvitation(token, invitation), "invalid_invitation");
}

/** Return the page of invitations at the cursor. */
export async function listMore(cursor: string): Promise<InvitationList | ErrorCode> {
  return act((token) => listInvitations(token, cursor));
}

/** Revoke an invitation of the organisation. */
export async function revoke(invitation_id: string): Promise<"revoked" | ErrorCode> {
  return act(async (token) => {
    await revokeInvitation(token, invitation_id);
    return "revoked" as const;
  });
}
