import { describe, expect, test } from "vitest";
import { decodablePath, movedPath, organizationIn, pathOf } from "../../features/navigation/paths";

describe("the organisation of a path", () => {
  for (const [path, org_id] of [
    ["/o/org_acme/overview", "org_acme"],
    ["/o/org_acme", "org_acme"],
    ["/o/..A:b-c.1/settings/keys", "..A:b-c.1"],
    ["/o/../overview", undefined],
    ["/o/org%2facme/overview", undefined],
    ["/o/", undefined],
    ["/overview", undefined],
    ["/x/o/org_acme/overview", undefined],
  ] as const)
    test(`${path} is of ${org_id ?? "no organisation"}`, () => {
      expect(organizationIn(path)).toBe(org_id);
    });
});

test("addresses without an organisation lead to the same page of the session's organisation", () => {
  expect(movedPath("/", "org_acme")).toBe("/o/org_acme/overview");
  expect(movedPath("/dashboard", "org_acme")).toBe("/o/org_acme/overview");
  expect(movedPath("/keys", "org_acme")).toBe("/o/org_acme/settings/keys");
  expect(movedPath("/settings/audit-log", "org_acme")).toBe("/o/org_acme/settings/audit-log");
});

test("addresses with an organisation keep it", () => {
  expect(movedPath("/o/org_globex", "org_acme")).toBe("/o/org_globex/overview");
  expect(movedPath(pathOf("org_globex", "settings"), "org_acme")).toBeUndefined();
});

test("other addresses aren't moved", () => {
  for (const path of ["/embed", "/join", "/no/such/page", "/constructor"])
    expect(movedPath(path, "org_acme")).toBeUndefined();
});

test("the text of a path with an invalid encoding is its characters", () => {
  expect(decodablePath("/s/org%3Aacme.1f")).toBe("/s/org%3Aacme.1f");
  for (const invalid of ["/s/%E0%A4%A", "/%", "/100%25%"])
    expect(decodeURIComponent(decodablePath(invalid))).toBe(invalid);
});
