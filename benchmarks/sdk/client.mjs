// One SDK, one load, in a process of its own: what it costs the process that uses it.
import { createRequire } from "node:module";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [sdk, load, count, url, peers] = process.argv.slice(2);
const total = Number(count);

/** Each SDK with its defaults, as `track` and `close`. */
const SDKS = {
  async ours() {
    const { AnalyticsClient } = await import("@acme/analytics-sdk");
    const timeoutMs = load === "hanging" ? 2_000 : 30_000; // the others give up after 3 and 10 s
    const client = new AnalyticsClient({ apiKey: "ak", baseUrl: url, timeoutMs, onError: () => {} });
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
  async "analytics-node"() {
    const { Analytics } = await peer("@segment/analytics-node");
    const client = new Analytics({ writeKey: "key", host: url });
    client.on("error", () => {});
    return {
      track: (userId, event, properties) => client.track({ userId, event, properties }),
      close: () => client.closeAndFlush({ timeout: 120_000 }),
    };
  },
};

const LOADS = {
  /** As fast as it is taken; the loop turns every thousand. */
  async burst(track) {
    for (let n = 0; n < total; n++) {
      track(n);
      if (n % 1_000 === 999) await turn();
    }
  },
  /** Five thousand a second. */
  async paced(track) {
    const started = performance.now();
    for (let n = 0; n < total; n += 100) {
      for (let i = n; i < n + 100; i++) track(i);
      await sleep(Math.max(0, started + (n + 100) / 5 - performance.now()));
    }
  },
  poison: (track) => LOADS.burst((n) => track(n, n % (total / 10) === 7)),
  hanging: (track) => LOADS.burst(track),
};

function peer(name) {
  return import(pathToFileURL(createRequire(`${peers}/`).resolve(name)));
}

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
  for (let n = 0; n < total; n++) event(n);
} else {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let rssMax = 0;
  const sample = setInterval(() => (rssMax = Math.max(rssMax, process.memoryUsage.rss())), 20);
  delay.enable();
  const started = performance.now();
  await LOADS[load](event);
  await close();
  const seconds = (performance.now() - started) / 1000;
  clearInterval(sample);
  const { user, system } = process.cpuUsage();
  process.send({
    seconds,
    cpuSeconds: (user + system) / 1e6,
    rssMegabytes: rssMax / 2 ** 20,
    stallMs: delay.max / 1e6,
  });
  process.disconnect();
}
