"use client";

import { useSyncExternalStore } from "react";
import type { SessionView } from "./session";

const NAMES = "acme-organization-names";
const LEFT = "acme-left-organization";

/** Read once per page that is loaded. Empty if the user hasn't left an organisation. */
let left: string | undefined;

/** Keep the names of the user's organisations in this tab, for pages of an organisation that the user has left. */
export function rememberNames(organizations: SessionView["organizations"]): void {
  const names = organizations.map(({ org_id, name }) => [org_id, name]);
  sessionStorage.setItem(NAMES, JSON.stringify(Object.fromEntries(names)));
}

/** Return the organisation's name if this tab has shown it. */
export function rememberedName(org_id: string): string | undefined {
  const names = JSON.parse(sessionStorage.getItem(NAMES) ?? "{}") as Readonly<Record<string, string>>;
  return Object.hasOwn(names, org_id) ? names[org_id] : undefined;
}

/** Keep the name of an organisation that the user leaves, for the page that is loaded next. */
export function rememberLeft(name: string): void {
  sessionStorage.setItem(LEFT, name);
}

/** Return the name of the organisation that the user left just before this page was loaded. */
export function leftBefore(): string | undefined {
  if (left === undefined) {
    left = sessionStorage.getItem(LEFT) ?? "";
    sessionStorage.removeItem(LEFT);
  }
  return left || undefined;
}

/** Return what `read` returns in the browser. The server renders the page without it. */
export function useTabMemory<T>(read: () => T): T | undefined {
  return useSyncExternalStore(neverChanges, read, () => undefined);
}

function neverChanges(): () => void {
  return () => undefined;
}
