import type { MemberDescription } from "@acme/analytics-sdk";

export type Role = MemberDescription["role"];

/** The roles, and what each may do. */
export const ROLES: Readonly<Record<Role, string>> = {
  viewer: "Reads events, metrics and usage",
  member: "Also sends events",
  admin: "Also manages keys, members and the organisation",
  owner: "Also manages owners",
};

/** Return whether the text is a role. */
export function isRole(text: string): text is Role {
  return Object.hasOwn(ROLES, text);
}

/** Return the roles that a user with this role may give to others. */
export function rolesGrantedBy(role: string | null): readonly Role[] {
  return (Object.keys(ROLES) as Role[]).filter((granted) => granted !== "owner" || role === "owner");
}

/** Return why a member's role and membership can't be changed, if so. `ownRole` is the role of the signed-in user. */
export function reasonToKeep(
  { role }: MemberDescription,
  ownRole: string | null,
  isOnlyOwner: boolean,
): string | undefined {
  if (role !== "owner") return undefined;
  if (ownRole !== "owner") return "Only owners can change or remove owners.";
  return isOnlyOwner
    ? "The only owner can't leave or get another role. Make another member an owner first."
    : undefined;
}

/** Return how a member is called in lists. */
export function nameOf({ name, email, user_id }: MemberDescription): string {
  return name ?? email ?? user_id;
}
