import { expect, test } from "vitest";
import { withInvitation } from "../../features/invitations/invitation-list";

test.each([
  ["ada@acme.example", "Ada@Acme.example", true],
  ["ada@acme.example", "bob@acme.example", false],
  ["åsa@acme.example", "åsa@acme.example", true],
  ["åsa@acme.example", "Åsa@acme.example", false],
  ["kim@acme.example", "\u212Aim@acme.example", false], // the Kelvin sign, whose lower case is "k"
])("whether inviting %s again as %s replaces the invitation: %j", (email, again, expected) => {
  const list = { data: [invitation("1", email)], next_cursor: "older" };
  const changed = withInvitation(list, { ...invitation("2", again), invitation_token: "inv_secret" });

  expect(changed).toEqual({
    data: [invitation("2", again), ...(expected ? [] : list.data)],
    next_cursor: "older",
  });
});

function invitation(invitation_id: string, email: string) {
  const [created_at, expires_at] = ["2026-01-01T00:00:00Z", "2026-01-08T00:00:00Z"];
  return { invitation_id, email, role: "viewer" as const, created_at, created_by: null, expires_at };
}
