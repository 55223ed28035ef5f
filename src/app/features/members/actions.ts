"use server";

import type { MemberDescription, MemberList } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { changeMember, listMembers, removeMember } from "@/server/administration-api";
import { actIn } from "@/server/page-data";
import type { Role } from "./member";

/** Return the first members of the organisation. */
export async function list(org_id: string): Promise<MemberList | ErrorCode> {
  return actIn(org_id, (token) => listMembers(token));
}

/** Return the page of members at the cursor. */
export async function listMore(org_id: string, cursor: string): Promise<MemberList | ErrorCode> {
  return actIn(org_id, (token) => listMembers(token, cursor));
}

/** Give a member of the organisation another role. */
export async function changeRole(
  org_id: string,
  user_id: string,
  role: Role,
): Promise<MemberDescription | ErrorCode> {
  return actIn(org_id, (token) => changeMember(token, user_id, { role }));
}

/** Remove a member from the organisation. */
export async function remove(org_id: string, user_id: string): Promise<"removed" | ErrorCode> {
  return actIn(org_id, async (token) => {
    await removeMember(token, user_id);
    return "removed" as const;
  });
}
