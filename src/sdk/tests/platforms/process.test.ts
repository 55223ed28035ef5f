// Tests of how the SDK affects the exit of a Node process. Each test runs a separate process.
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { KEY, stored, unique } from "../support/client.ts";
import { type Faults, FaultProxy } from "../support/fault-proxy.ts";
import { ended, node20, printedBy } from "../support/node.ts";

const NODE_20 = node20();
const NODES: [string, string][] = [
  ...(NODE_20 ? [["20", NODE_20]] : []),
  ["of the tests", process.execPath],
] as [string, string][];
/** A URL on which nothing listens. */
const AWAY = "http://127.0.0.1:9";

/** A module with a client and a function that tracks events of this type. */
const withClient = (type: string, script: string, { baseUrl = inject("apiUrl"), options = "" } = {}) => `
  import { AnalyticsClient } from "@acme/analytics-sdk";
  const settings = { apiKey: "${KEY}", baseUrl: "${baseUrl}", backoffBaseMs: 20 };
  const client = new AnalyticsClient({ ...settings, ${options} });
  const track = (count, event_type = "${type}") => {
    const calls = [];
    for (let i = 0; i < count; i++) calls.push(client.trackEvent({ event_type, user_id: "user_" + i }));
    return calls;
  };
  ${script}`;

async function behind(faults: Faults): Promise<string> {
  const proxy = await FaultProxy.before(inject("apiUrl"));
  proxy.faults = faults;
  onTestFinished(() => proxy.close());
  return proxy.url;
}

describe.each(NODES)("On Node %s", (_, command) => {
  test("a script that awaits one event after the other stores both and exits with 0", async () => {
    const type = unique("awaited");
    const script = withClient(
      type,
      `await track(1)[0]; await track(1)[0]; console.log(JSON.stringify(client.stats));`,
    );

    expect(await printedBy(script, { command })).toMatchObject({ created: 2, queued: 0 });
    expect(await stored(type)).toHaveLength(2);
  });

  test("a script that goes on after its last event was delivered may track more", async () => {
    const type = unique("again");
    const script = withClient(
      type,
      `process.once("beforeExit", () => setTimeout(() => track(3), 10)); track(4); console.log(0);`,
    );
    await printedBy(script, { command });

    expect(await stored(type)).toHaveLength(7);
  });

  test("a read that meets a 503 is retried, and the script gets its result", async () => {
    const baseUrl = await behind(({ path }, index) =>
      path.startsWith("/api/v1/me") && index < 3 ? { answer: { status: 503 } } : undefined,
    );
    const script = withClient(
      "",
      `console.log(JSON.stringify(await client.getCaller({ timeoutMs: 60_000 })));`,
      { baseUrl },
    );

    expect(await printedBy(script, { command })).toMatchObject({ org_id: "org_acme" });
  });
});

describe("Work that a script awaits keeps its process alive", () => {
  test.each(["await client.flush()", "await client.trackEvents([{ event_type: type, user_id: 'u' }])"])(
    "%s, through failures",
    async (call) => {
      const type = unique("held");
      let failures = 0;
      const baseUrl = await behind(({ path }) =>
        path === "/api/v1/events" && failures++ < 3 ? { cut: "before" } : undefined,
      );
      const script = `const type = "${type}"; track(1); ${call}; console.log(JSON.stringify(client.stats));`;

      expect(await printedBy(withClient(type, script, { baseUrl }))).toMatchObject({ queued: 0, dropped: 0 });
    },
  );
});

describe("A promise that nobody awaits never becomes an unhandled rejection", () => {
  test.each([
    ["a list with a bad event", `void client.trackEvents([{ event_type: "", user_id: "u" }]);`, ""],
    ["a read", `void client.getMetricsSummary({ metrics: ["nonsense"] });`, ""],
    ["a read after the end", `await client.close(); void client.getCaller();`, ""],
    ["an async onError that rejects", `track(1, "");`, `onError: async () => { throw new Error("mine"); }`],
    ["an async waitUntil that rejects", `track(1);`, `waitUntil: async () => { throw new Error("mine"); }`],
  ])("%s", async (_, script, options) => {
    const quiet = options || "onError: () => {}";
    const code = withClient(unique("unawaited"), `${script} console.log(0);`, {
      options: quiet.startsWith("waitUntil") ? `${quiet}, onError: () => {}` : quiet,
    });

    expect(await printedBy(code)).toBe(0);
  });
});

describe("A process that ends", () => {
  const LOST = `onError: (error, lost) => console.log(JSON.stringify([error.code, lost.length])),`;

  test("with the API away waits no longer than exitTimeoutMs, and reports what is lost", async () => {
    const script = withClient("x", `track(2);`, {
      baseUrl: AWAY,
      options: `${LOST} exitTimeoutMs: 50`,
    });
    const { code, stdout } = await ended(script);

    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toEqual([`["exiting",1]`, `["exiting",1]`]);
  });

  test("with a request that is never answered ends too", async () => {
    const baseUrl = await behind(({ path }) => (path === "/api/v1/events" ? { hang: true } : undefined));
    const script = withClient("x", `track(1);`, { baseUrl, options: `${LOST} exitTimeoutMs: 50` });

    // by then a slow machine may not have sent it
    expect((await ended(script)).stdout.trim()).toMatch(/^\["(exiting|outcome_unknown)",1\]$/);
  });

  test("reports only the events of requests without a response as possibly stored", async () => {
    const hanging = `(url, init) => url.endsWith("/events") ? (sent.resolve(), new Promise((_, reject) => init.signal.addEventListener("abort", reject))) : fetch(url, init)`;
    const script = withClient("x", `track(3); await sent.promise; await client.close({ timeoutMs: 1 });`, {
      options: `${LOST} maxBatchEvents: 1, fetch: ${hanging}`,
    });
    const sent = `const sent = {}; sent.promise = new Promise((resolve) => (sent.resolve = resolve));`;
    const codes = (await ended(sent + script)).stdout.trim().split("\n").toSorted();

    expect(codes).toEqual([`["closed",1]`, `["closed",1]`, `["outcome_unknown",1]`]);
  });

  test("stays alive for an event that it awaits, and its error names the unreachable API", async () => {
    const script = withClient(
      "x",
      `try { await track(1)[0]; } catch (error) { console.log(JSON.stringify([error.code, error.message])); }`,
      { baseUrl: AWAY, options: `onError: () => {}, exitTimeoutMs: 1, retryForMs: 300` },
    );
    const { code, stdout } = await ended(script);

    expect([code, JSON.parse(stdout)]).toEqual([0, ["network", `Can't reach ${AWAY}.`]]);
  });

  test("rejects what it awaits when the time is over, and does not just vanish", async () => {
    const script = withClient("x", `console.log((await track(1)[0].catch((error) => error)).code);`, {
      baseUrl: AWAY,
      options: `onError: () => {}, exitTimeoutMs: 50`,
    });
    const { code, stdout } = await ended(script);

    expect([code, stdout.trim()]).toEqual([0, "exiting"]);
  });

  test("by SIGTERM delivers first where flushOnSignal is set, and ends by that signal", async () => {
    const type = unique("sigterm");
    const script = withClient(type, `track(50); setInterval(() => {}, 1_000); console.log("tracked");`, {
      options: "flushOnSignal: true, maxDelayMs: 60_000",
    });
    const { signal } = await ended(script, {}, (child) => child.kill("SIGTERM"));

    expect(signal).toBe("SIGTERM");
    expect(await stored(type)).toHaveLength(50);
  });

  test("by SIGTERM is left to the app where the app listens too", async () => {
    const type = unique("sigterm_app");
    const app = `process.once("SIGTERM", () => void client.flush().then(() => process.exit(7)));`;
    const script = withClient(
      type,
      `${app} track(50); setInterval(() => {}, 1_000); console.log("tracked");`,
      {
        options: "flushOnSignal: true, maxDelayMs: 60_000",
      },
    );
    const { code } = await ended(script, {}, (child) => child.kill("SIGTERM"));

    expect(code).toBe(7);
    expect(await stored(type)).toHaveLength(50);
  });

  test("with thirty clients and reads side by side gets no warning about listeners", async () => {
    const type = unique("listeners");
    const script = withClient(
      type,
      `const { signal } = new AbortController();
       await Promise.all(Array.from({ length: 30 }, () => {
         const other = new AnalyticsClient({ ...settings, flushOnSignal: true });
         void other.trackEvent({ event_type: "${type}", user_id: "u" });
         return client.getCaller({ signal });
       }));
       console.log(0);`,
    );

    expect(await printedBy(script)).toBe(0);
    expect(await stored(type)).toHaveLength(30);
  });
});

describe("Clocks", () => {
  /** Clocks that the script can set, and a fetch that fails while `isAway`. */
  const CLOCKS = `
    const [wall, monotonic] = [Date.now, performance.now.bind(performance)];
    let [set, slept, isAway] = [0, 0, true];
    Date.now = () => wall() + set + slept;
    performance.now = () => monotonic() + slept;
    const requests = [];
    const fetching = (...call) => {
      requests.push(call);
      return isAway ? Promise.reject(new TypeError("away")) : fetch(...call);
    };
    const failed = async (count) => {
      while (requests.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };`;

  test("set back by an hour while the SDK waits delay nothing", async () => {
    const type = unique("set_back");
    const script = withClient(
      type,
      `track(20); void client.flush(); await failed(2);
       set = -3_600_000; isAway = false;
       await client.flush(); console.log(JSON.stringify(client.stats));`,
      { options: "fetch: (...call) => fetching(...call)" },
    );

    expect(await printedBy(CLOCKS + script)).toMatchObject({ created: 20, dropped: 0 });
  });

  test.each(["Date", "performance"])(
    "asleep for two hours cost no event, where %s tells of it",
    async (clock) => {
      const type = unique("asleep");
      const script = withClient(
        type,
        `track(20); void client.flush(); await failed(2);
       ${clock === "Date" ? "set" : "slept"} = 7_200_000; await failed(4);
       isAway = false;
       await client.flush(); console.log(JSON.stringify(client.stats));`,
        { options: "fetch: (...call) => fetching(...call)" },
      );

      expect(await printedBy(CLOCKS + script)).toMatchObject({ created: 20, dropped: 0 });
    },
  );
});

test("A server that tracks with the API away and awaits nothing stays within its memory", async () => {
  const script = withClient(
    "x",
    `for (let n = 0; n < 320; n++) {
       track(1_000);
       await new Promise(setImmediate);
     }
     const { queued, dropped } = client.stats;
     console.log(JSON.stringify([queued + dropped, dropped > 0, reported === dropped]));
     await client.close({ timeoutMs: 1 });`,
    { baseUrl: AWAY, options: "onError: (_, lost) => (reported += lost.length)" },
  );
  const node = { flags: ["--max-old-space-size=256"] };

  expect(await printedBy(`let reported = 0; ${script}`, node)).toEqual([320_000, true, true]);
});
