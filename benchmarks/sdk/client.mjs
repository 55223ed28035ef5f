// Run one SDK with one load in a separate process, and report the costs for that process.
import { createRequire } from "node:module";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [sdk, load, count, url, peers] = process.argv.slice(2);
const total = Number(count);

/** Each SDK with its default options, as the functions `track` and `close`. */
const SDKS = {
  async ours() {
    const { AnalyticsClient } = await import("@acme/analytics-sdk");
    const flushOnSignal = load === "signal";
    const client = new AnalyticsClient({ apiKey: "ak", baseUrl: url, flushOnSignal, onError: () => {} });
    return {
      track: (user_id, event_type, properties) => void client.trackEvent({ user_id, event_type, properties }),
      close: () => client.close({ timeoutMs: 120_000 }),
    };
  },
  async "posthog-node"() {
    const { PostHog } = await peer("posthog-node");
    const client = new PostHog("phc_key", { host: url });
    return {
      track: (distinctId, event, properties) => client.capture({ distinctId, event, properties }),
      close: () => client.shutdown(120_000),
    };
  },
  async segment() {
    const { Analytics } = await peer("@segment/analytics-node");
    const client = new Analytics({ writeKey: "key", host: url });
    client.on("error", () => {});
    return {
      track: (userId, event, properties) => client.track({ userId, event, properties }),
      close: () => client.closeAndFlush({ timeout: 120_000 }),
    };
  },
  async amplitude() {
    const { createInstance } = await peer("@amplitude/analytics-node");
    const client = createInstance();
    await client.init("key", { serverUrl: `${url}/2/httpapi`, logLevel: 0 }).promise;
    const results = [];
    return {
      track: (user_id, event_type, event_properties) =>
        void results.push(client.track({ user_id: `${user_id}_`, event_type, event_properties }).promise),
      close: () => Promise.all(results),
    };
  },
};

const LOADS = {
  /** As fast as possible; the event loop runs after every 1,000 events. */
  async burst(track) {
    for (let n = 0; n < total; n++) {
      track(n);
      if (n % 1_000 === 999) await turn();
    }
  },
  /** 5,000 events per second. */
  async paced(track) {
    const started = performance.now();
    for (let n = 0; n < total; n += 100) {
      for (let i = n; i < n + 100; i++) track(i);
      await sleep(Math.max(0, started + (n + 100) / 5 - performance.now()));
    }
  },
  poison: (track) => LOADS.burst((n) => track(n, n % (total / 10) === 7)),
  unyielding(track) {
    for (let n = 0; n < total; n++) track(n);
  },
  async asleep(track) {
    LOADS.unyielding(track);
    await sleep(3_000);
    slept = 7_200_000;
  },
  async setBack(track) {
    LOADS.unyielding(track);
    await sleep(3_000);
    set = -3_600_000;
  },
};

function peer(name) {
  return import(pathToFileURL(createRequire(`${peers}/`).resolve(name)));
}

const [wall, monotonic] = [Date.now, performance.now.bind(performance)];
let [set, slept] = [0, 0];
Date.now = () => wall() + set + slept;
performance.now = () => monotonic() + slept;

const { track, close } = await SDKS[sdk]();
const event = (n, poison) =>
  track(`user_${n % 997}`, "page_viewed", {
    path: `/products/${n % 89}`,
    referrer: "https://example.com/search?q=analytics",
    number: n,
    title: "A page of our shop with a title as long as titles are",
    ...(poison && { poison: true }),
  });

if (load === "exit") {
  LOADS.unyielding(event);
} else if (load === "signal") {
  LOADS.unyielding(event);
  setInterval(() => {}, 1_000);
  process.send({});
} else {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await sleep(50); // the monitor measures delays only after its timer has fired once
  const started = monotonic();
  await LOADS[load](event);
  const loopEnded = monotonic();
  await turn();
  const settlingMs = monotonic() - loopEnded;
  await sleep(20); // until the timer has measured the loop
  const loopStallMs = delay.max / 1e6;
  delay.reset();
  await close();
  const seconds = (monotonic() - started) / 1000;
  const { user, system } = process.cpuUsage();
  process.send({
    seconds,
    cpuSeconds: (user + system) / 1e6,
    rssMegabytes: process.resourceUsage().maxRSS / 2 ** 10,
    stallMs: Math.max(loopStallMs, delay.max / 1e6),
    ...(load === "unyielding" && { laterMs: Math.max(settlingMs, delay.max / 1e6) }),
  });
  process.disconnect();
}
