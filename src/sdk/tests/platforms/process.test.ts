// Tests of how the SDK affects the exit of a Node process. Each test runs a separate process.
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { KEY, stored, unique } from "../support/client.ts";
import { type Faults, FaultProxy } from "../support/fault-proxy.ts";
import { ended, node20, printedBy } from "../support/node.ts";

const NODE_20 = node20();
const NODES: [string, string][] = [
  ...(NODE_20 ? [["20", NODE_20]] : []),
  [process.versions.node, process.execPath],
] as [string, string][];
/** A URL on which nothing listens. */
const UNREACHABLE = "http://127.0.0.1:9";

const QUIET = "onError: () => {}";

/** Return a module that runs the script after it has defined `client` and a function `track` for events of this type. */
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

/** Start a fault proxy in front of the API, and return its URL. */
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

  test("a script that continues after its events were delivered can track more events", async () => {
    const type = unique("again");
    const script = withClient(
      type,
      `process.once("beforeExit", () => setTimeout(() => track(3), 10)); track(4); console.log(0);`,
    );
    await printedBy(script, { command });

    expect(await stored(type)).toHaveLength(7);
  });

  test("a read is retried after a 503, and the script gets its result", async () => {
    const baseUrl = await behind(({ path }, index) =>
      path.startsWith("/api/v1/me") && index < 3 ? { response: { status: 503 } } : undefined,
    );
    const script = withClient(
      "",
      `console.log(JSON.stringify(await client.getCaller({ timeoutMs: 60_000 })));`,
      { baseUrl },
    );

    expect(await printedBy(script, { command })).toMatchObject({ org_id: "org_acme" });
  });
});

describe("A call that a script awaits keeps the process alive", () => {
  test.each(["await client.flush()", "await client.trackEvents([{ event_type: type, user_id: 'u' }])"])(
    "while it is retried: %s",
    async (call) => {
      const type = unique("kept_alive");
      let failures = 0;
      const baseUrl = await behind(({ path }) =>
        path === "/api/v1/events" && failures++ < 3 ? { cut: "before" } : undefined,
      );
      const script = `const type = "${type}"; track(1); ${call}; console.log(JSON.stringify(client.stats));`;

      const code = withClient(type, script, { baseUrl, options: QUIET });
      expect(await printedBy(code)).toMatchObject({ queued: 0, dropped: 0 });
    },
  );
});

describe("A promise that nobody awaits never becomes an unhandled rejection", () => {
  test.each([
    ["a list with an invalid event", `void client.trackEvents([{ event_type: "", user_id: "u" }]);`, ""],
    ["a read", `void client.getMetricsSummary({ metrics: ["nonsense"] });`, ""],
    [
      "a query",
      `void (await import("@acme/analytics-sdk/insights")).getTrends(client, { series: [] }); await client.getCaller();`,
      "",
    ],
    ["a read after close", `await client.close(); void client.getCaller();`, ""],
    ["an async onError that rejects", `track(1, "");`, `onError: async () => { throw new Error("mine"); }`],
    ["an async waitUntil that rejects", `track(1);`, `waitUntil: async () => { throw new Error("mine"); }`],
  ])("%s", async (_, script, options) => {
    const code = withClient(unique("unawaited"), `${script} console.log(0);`, {
      options: options.startsWith("onError") ? options : `${QUIET}, ${options}`,
    });

    expect(await printedBy(code)).toBe(0);
  });
});

describe("A process that exits", () => {
  const LOST = `onError: (error, lost) => console.log(JSON.stringify([error.code, lost.length])),`;

  test("waits at most exitTimeoutMs if the API is unreachable, and reports the lost events", async () => {
    const script = withClient("x", `track(2);`, {
      baseUrl: UNREACHABLE,
      options: `${LOST} exitTimeoutMs: 50`,
    });
    const { code, stdout } = await ended(script);

    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toEqual([`["exiting",2]`]);
  });

  test("waits at most exitTimeoutMs if a request never gets a response", async () => {
    const baseUrl = await behind(({ path }) => (path === "/api/v1/events" ? { hang: true } : undefined));
    const script = withClient("x", `track(1);`, { baseUrl, options: `${LOST} exitTimeoutMs: 50` });

    // a slow machine may not have sent the request by then
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

  test("stays alive while it awaits an event, whose error names the unreachable API", async () => {
    const script = withClient(
      "x",
      `try { await track(1)[0]; } catch (error) { console.log(JSON.stringify([error.code, error.message])); }`,
      { baseUrl: UNREACHABLE, options: `onError: () => {}, exitTimeoutMs: 1, retryForMs: 300` },
    );
    const { code, stdout } = await ended(script);

    expect([code, JSON.parse(stdout)]).toEqual([0, ["network", `Can't reach ${UNREACHABLE}.`]]);
  });

  test("rejects the awaited event after exitTimeoutMs, and the script continues before the exit", async () => {
    const script = withClient("x", `console.log((await track(1)[0].catch((error) => error)).code);`, {
      baseUrl: UNREACHABLE,
      options: `onError: () => {}, exitTimeoutMs: 50`,
    });
    const { code, stdout } = await ended(script);

    expect([code, stdout.trim()]).toEqual([0, "exiting"]);
  });

  test("on SIGTERM delivers its events with flushOnSignal, and is then ended by the signal", async () => {
    const type = unique("sigterm");
    const script = withClient(type, `track(50); setInterval(() => {}, 1_000); console.log("tracked");`, {
      options: "flushOnSignal: true, maxDelayMs: 60_000",
    });
    const { signal } = await ended(script, {}, (child) => child.kill("SIGTERM"));

    expect(signal).toBe("SIGTERM");
    expect(await stored(type)).toHaveLength(50);
  });

  test("on SIGTERM is ended by the app if the app has its own listener", async () => {
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

  test("prints no warning about listeners with thirty clients and thirty concurrent reads", async () => {
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

describe("No event is lost", () => {
  /** Code that lets the script change the clocks, and a `fetch` that fails while `isUnreachable` is true. */
  const CLOCKS = `
    const [wall, monotonic] = [Date.now, performance.now.bind(performance)];
    let [set, slept, isUnreachable] = [0, 0, true];
    Date.now = () => wall() + set + slept;
    performance.now = () => monotonic() + slept;
    const requests = [];
    const fetching = (...call) => {
      requests.push(call);
      return isUnreachable ? Promise.reject(new TypeError("unreachable")) : fetch(...call);
    };
    const failed = async (count) => {
      while (requests.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };`;

  test("or delayed if the wall clock is set back by an hour during a back-off", async () => {
    const type = unique("set_back");
    const script = withClient(
      type,
      `track(20); void client.flush(); await failed(2);
       set = -3_600_000; isUnreachable = false;
       await client.flush(); console.log(JSON.stringify(client.stats));`,
      { options: `${QUIET}, fetch: (...call) => fetching(...call)` },
    );

    expect(await printedBy(CLOCKS + script)).toMatchObject({ created: 20, dropped: 0 });
  });

  test.each(["Date", "performance"])(
    "if the device sleeps for two hours and %s counts this time",
    async (clock) => {
      const type = unique("asleep");
      const script = withClient(
        type,
        `track(20); void client.flush(); await failed(2);
       ${clock === "Date" ? "set" : "slept"} = 7_200_000; await failed(4);
       isUnreachable = false;
       await client.flush(); console.log(JSON.stringify(client.stats));`,
        { options: `${QUIET}, fetch: (...call) => fetching(...call)` },
      );

      expect(await printedBy(CLOCKS + script)).toMatchObject({ created: 20, dropped: 0 });
    },
  );
});

test("A server that tracks events without awaiting them needs limited memory while the API is unreachable", async () => {
  const script = withClient(
    "x",
    `for (let n = 0; n < 320; n++) {
       track(1_000);
       await new Promise(setImmediate);
     }
     const { queued, dropped } = client.stats;
     console.log(JSON.stringify([queued + dropped, dropped > 0, reported === dropped]));
     await client.close({ timeoutMs: 1 });`,
    { baseUrl: UNREACHABLE, options: "onError: (_, lost) => (reported += lost.length)" },
  );
  const node = { flags: ["--max-old-space-size=256"] };

  expect(await printedBy(`let reported = 0; ${script}`, node)).toEqual([320_000, true, true]);
});
