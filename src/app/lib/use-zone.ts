import { useSyncExternalStore } from "react";
import { formatZone } from "./format";

/** The reader's zone. A server does not know it: nothing until the page is the browser's. */
export function useZone(): string | undefined {
  return useSyncExternalStore(
    () => () => {},
    () => formatZone(new Date().getTimezoneOffset()),
    () => undefined,
  );
}
