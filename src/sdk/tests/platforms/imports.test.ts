import { expect, test } from "vitest";
import { ENTRIES, printedBy } from "../support/node.ts";

const PLATFORM = `setTimeout setInterval setImmediate queueMicrotask requestAnimationFrame requestIdleCallback
   addEventListener fetch XMLHttpRequest WebSocket EventSource BroadcastChannel MessageChannel Worker
   window self document navigator location localStorage sessionStorage indexedDB caches cookieStore
   process Buffer crypto performance console eval Function`.split(/\s+/);
const IMPORTS = ENTRIES.map((name) => `await import("${name}");`).join("");

/** Return the platform's globals that the code accesses. React is loaded before the code. */
const globalsUsedBy = (code: string) =>
  printedBy(`
    import "react";
    import "react/jsx-runtime";
    const used = new Set();
    const { JSON, console } = globalThis;
    for (const name of ${JSON.stringify(PLATFORM)}) {
      const value = globalThis[name];
      Object.defineProperty(globalThis, name, { get: () => (used.add(name), value) });
    }
    ${code}
    console.log(JSON.stringify([...used]));`);

test("Importing all entry points accesses no global of the platform", async () => {
  expect(await globalsUsedBy(IMPORTS)).toEqual([]);
});

test("Creating and using a browser client accesses globals, and the check finds them", async () => {
  const use = `
    const { createBrowserClient } = await import("@acme/analytics-sdk/browser");
    const client = createBrowserClient({ getToken: () => "", baseUrl: "http://127.0.0.1:9", onError: () => {} });
    void client.trackEvent({ event_type: "signed_up", user_id: "user_1" });
    await client.close({ timeoutMs: 50 });`;

  expect(await globalsUsedBy(IMPORTS + use)).toEqual(
    expect.arrayContaining(["document", "crypto", "process", "setTimeout", "fetch"]),
  );
});
