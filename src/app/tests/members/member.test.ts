import { expect, test } from "vitest";
import { reasonToKeep, rolesGrantedBy } from "../../features/members/member";

const member = (role: "viewer" | "owner") =>
  ({ user_id: "u", role, email: null, name: null, joined_at: "2026-01-01T00:00:00Z" }) as const;

test("only owners grant the role owner", () => {
  expect(rolesGrantedBy("owner")).toEqual(["viewer", "member", "admin", "owner"]);
  expect(rolesGrantedBy("admin")).toEqual(["viewer", "member", "admin"]);
});

test("owners can't be changed by admins, and the only owner by nobody", () => {
  expect(reasonToKeep(member("viewer"), "admin", true)).toBeUndefined();
  expect(reasonToKeep(member("owner"), "admin", false)).toContain("Only owners");
  expect(reasonToKeep(member("owner"), "owner", true)).toContain("The only owner");
  expect(reasonToKeep(member("owner"), "owner", false)).toBeUndefined();
});
