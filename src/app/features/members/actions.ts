"use server";

import type { MemberDescription, MemberList } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { changeMember, listMembers, removeMember } from "@/server/administration-api";
import { act } from "@/server/page-data";
import type { Role } from "./member";

/** Return the page of members at the cursor. */
export async function listMore(cursor: string): Promise<MemberList | ErrorCode> {
  return act((token) => listMembers(token, cursor));
}

/** Give a member of the organisation another role. */
export async function changeRole(user_id: string, role: Role): Promise<MemberDescription | ErrorCode> {
  return act((token) => changeMember(token, user_id, { role }));
}

/** Remove a member from the organisation. */
export async function remove(user_id: string): Promise<"removed" | ErrorCode> {
  return act(async (token) => {
    await removeMember(token, user_id);
    return "removed" as const;
  });
}
