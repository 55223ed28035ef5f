import type { AuditEntryDescription } from "@acme/analytics-sdk";
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  ACTIONS,
  detailsOf,
  filtersFrom,
  keyIdOf,
  targetOf,
  titleOf,
} from "../../features/audit-log/entries";

const entry = (action: string, details: Readonly<Record<string, unknown>>): AuditEntryDescription => ({
  entry_id: "1",
  at: "2026-11-30T09:30:00.123456Z",
  actor: { type: "user", id: "user_1" },
  action,
  target: "target",
  details,
  request_id: null,
});

test("details describe changes, and lists that are no changes", () => {
  expect(detailsOf(entry("member.role", { role: ["viewer", "admin"] }))).toEqual(["role: viewer → admin"]);
  expect(detailsOf(entry("organization.create", { owners: ["a", "b"], plan: "free" }))).toEqual([
    "owners: a, b",
    "plan: free",
  ]);
  expect(detailsOf(entry("organization.delete", { members: 3 }))).toEqual(["members: 3"]);
});

test("keys are named instead of shown as a hash, and new actions are shown as they are", () => {
  const created = entry("api_key.create", { name: "Shop", kind: "publishable" });

  expect([titleOf(created), targetOf(created), ...detailsOf(created)]).toEqual([
    "Created an API key",
    "Shop",
    "kind: publishable",
  ]);
  const target = "0123456789abcdef".repeat(4);
  expect(keyIdOf({ ...created, target })).toBe("0123456789ab…");
  expect(keyIdOf(entry("member.add", {}))).toBeUndefined();
  expect(titleOf(entry("constructor", {}))).toBe("constructor");
});

test("filters come from the query, and unknown actions are ignored", () => {
  expect(filtersFrom({ action: "member.role", actor: " user_1 " })).toEqual({
    action: "member.role",
    actor: "user_1",
  });
  expect(filtersFrom({ action: "toString", actor: ["a", "b"] })).toEqual({ action: "", actor: "" });
});

test("the list describes every action of the API", () => {
  const services = new URL("../../../api/services/", import.meta.url);
  const sources = readdirSync(services)
    .filter((name) => name.endsWith(".py"))
    .map((name) => readFileSync(new URL(name, services), "utf8"));
  const actions = sources
    .join("")
    .match(
      /(?<=")(?:organization|member|invitation|api_key|view|board|annotation|share|alert|sample_user|user)\.[a-z_]+(?=")/g,
    );

  expect(new Set(actions)).toEqual(new Set(Object.keys(ACTIONS)));
});
