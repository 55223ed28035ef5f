import type { CreatedInvitation, InvitationList } from "@acme/analytics-sdk";

/**
 * Return the list with a new invitation, but without its token. Earlier invitations of the same address are removed,
 * because the API has revoked them.
 */
export function withInvitation(list: InvitationList, created: CreatedInvitation): InvitationList {
  const { invitation_token: _, ...invitation } = created;
  const others = list.data.filter(({ email }) => !isSameEmail(email, invitation.email));
  return { ...list, data: [invitation, ...others] };
}

/** Compare the addresses as the API does: without case, but only in ASCII, where case is unambiguous. */
function isSameEmail(one: string, other: string): boolean {
  return one === other || (isAscii(one) && isAscii(other) && one.toLowerCase() === other.toLowerCase());
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text);
}
