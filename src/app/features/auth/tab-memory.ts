"use client";

import { useSyncExternalStore } from "react";
import type { SessionView } from "./session";

const NAMES = "acme-organization-names";
const LEFT = "acme-left-organization";

/** The result of `leftBefore`: undefined before its first call, and empty if the user hasn't left an organisation. */
let left: string | undefined;

/**
 * Store the names of the user's organisations for this tab. Error pages show the name of an organisation that the user
 * has left.
 */
export function rememberNames(organizations: SessionView["organizations"]): void {
  const names = organizations.map(({ org_id, name }) => [org_id, name]);
  sessionStorage.setItem(NAMES, JSON.stringify(Object.fromEntries(names)));
}

/** Return the stored name of an organisation, or undefined if this tab hasn't stored it. */
export function rememberedName(org_id: string): string | undefined {
  const names = JSON.parse(sessionStorage.getItem(NAMES) ?? "{}") as Readonly<Record<string, string>>;
  return Object.hasOwn(names, org_id) ? names[org_id] : undefined;
}

/** Store the name of an organisation that the user leaves. The next page that this tab loads shows it. */
export function rememberLeft(name: string): void {
  sessionStorage.setItem(LEFT, name);
}

/**
 * Return the name that `rememberLeft` stored before this page was loaded. The stored name is deleted, so that later
 * pages don't show it.
 */
export function leftBefore(): string | undefined {
  if (left === undefined) {
    left = sessionStorage.getItem(LEFT) ?? "";
    sessionStorage.removeItem(LEFT);
  }
  return left || undefined;
}

/** Return the result of `read`. On the server and during hydration, return undefined. */
export function useTabMemory<T>(read: () => T): T | undefined {
  return useSyncExternalStore(neverChanges, read, () => undefined);
}

function neverChanges(): () => void {
  return () => undefined;
}
