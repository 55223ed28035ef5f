import { expect, test } from "vitest";
import { withKey } from "../../features/keys/created-key";

test("the list of keys has a new key without its secret", () => {
  const keys = [key("1")];

  expect(withKey(keys, { ...key("2"), api_key: "pk_secret" })).toEqual([key("2"), key("1")]);
});

function key(key_id: string) {
  return {
    key_id,
    name: "Shop",
    kind: "publishable" as const,
    created_at: "2026-01-01T00:00:00Z",
    created_by: null,
    expires_at: null,
    last_used_on: null,
    origins: [],
  };
}
