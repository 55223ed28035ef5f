// `node benchmarks/sdk.mjs [--peers] [case…]`: measure the costs of the SDK, and the lost events when servers fail.
// NODE is the path of another Node for the client. The targets are for Node 20; Node 24 uses more memory for young objects.
// --peers also measures posthog-node, Segment and Amplitude. The exit code is 1 if the SDK misses a target.
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PEERS = `${ROOT}.data/bench-peers`;
const PEER_PACKAGES = [
  "posthog-node@5.70.0",
  "@segment/analytics-node@3.1.0",
  "@amplitude/analytics-node@1.5.73",
];
/** The time limit of a client. Events that it has delivered until then count as stored. */
const CLIENT_LIMIT_MS = 60_000;
const [withPeers, only] = [
  process.argv.includes("--peers"),
  process.argv.slice(2).filter((a) => a !== "--peers"),
];

const LIGHT = {
  lost: 0,
  repeats: 0,
  inFlightMax: 4,
  rssMegabytes: 250,
  stallMs: 100,
  cpuSeconds: 8,
  requests: 1_000,
};
const SAFE = { lost: 0, inFlightMax: 4 };

/** Each case: the load, the number of events, the maximum of each figure, and the server's mode if its name is different. */
const CASES = {
  burst: ["burst", 100_000, { ...LIGHT, seconds: 10 }, "good"],
  paced: ["paced", 100_000, LIGHT, "good"],
  "20 % of 500s": ["burst", 10_000, SAFE],
  "15 s outage, then close": ["burst", 10_000, SAFE],
  "429 + Retry-After for 20 s": ["burst", 10_000, SAFE],
  "20 requests/s": ["burst", 10_000, { ...SAFE, requests: 110 }],
  "10 % lost responses": ["burst", 10_000, SAFE],
  "10 poison events": ["poison", 10_000, { lost: 10, repeats: 0, requests: 100 }],
  "10 % without a response": ["burst", 10_000, SAFE],
  "never yields": [
    "unyielding",
    100_000,
    { lost: 0, repeats: 0, rssMegabytes: 250, stallMs: 300, laterMs: 100 },
    "good",
  ],
  "permanent 401": ["burst", 10_000, { requests: 3 }],
  // At most 20 % more requests than posthog-node (1,671).
  "rejected size (413)": ["burst", 10_000, { lost: 0, repeats: 0, requests: 2_005 }],
  "suspend of 2 h": ["asleep", 20, SAFE, "outage"],
  "clock set back 1 h": ["setBack", 20, { ...SAFE, seconds: 30 }, "outage"],
};

const COLUMNS = [
  "lost",
  "repeats",
  "requests",
  "inFlightMax",
  "megabytes",
  "seconds",
  "cpuSeconds",
  "rssMegabytes",
  "stallMs",
  "laterMs",
];
const missed = [];

build();
const sdks = withPeers ? ["ours", "posthog-node", "segment", "amplitude"] : ["ours"];
console.log(["case".padEnd(28), "sdk".padEnd(15), ...COLUMNS.map((name) => name.padStart(12))].join(""));
for (const [name, [load, count, targets, mode = name]] of Object.entries(CASES)) {
  if (only.length && !only.includes(name)) continue;
  for (const sdk of sdks) report(name, sdk, await run(sdk, mode, load, count), sdk === "ours" ? targets : {});
}
if (!only.length || only.includes("SIGTERM")) for (const sdk of sdks) await reportSignal(sdk);
if (!only.length || only.includes("exit")) for (const sdk of sdks) await reportExit(sdk);
for (const line of missed) console.log(`MISSED ${line}`);
process.exitCode = missed.length ? 1 : 0;

function build() {
  execFileSync(`${ROOT}node_modules/.bin/tsc`, ["-p", `${ROOT}src/sdk/core/tsconfig.build.json`]);
  if (!withPeers || existsSync(`${PEERS}/node_modules/@amplitude`)) return;
  mkdirSync(PEERS, { recursive: true });
  execFileSync("npm", ["install", "--no-save", "--no-package-lock", "--prefix", PEERS, ...PEER_PACKAGES]);
}

async function run(sdk, mode, load, count) {
  const { sink, url } = await startSink(mode);
  const client = forkClient(sdk, load, count, url);
  const [costs] = await Promise.race([once(client, "message"), sleep(CLIENT_LIMIT_MS, [{}], { ref: false })]);
  const { stored, bytes, ...stats } = await (await fetch(`${url}/stats`)).json();
  client.kill();
  sink.disconnect();
  return { lost: count - stored, megabytes: bytes / 2 ** 20, ...stats, ...costs };
}

async function startSink(mode) {
  const sink = fork(`${ROOT}benchmarks/sdk/sink.mjs`, [mode]);
  const [port] = await once(sink, "message");
  return { sink, url: `http://127.0.0.1:${port}` };
}

function report(name, sdk, figures, targets) {
  const cells = COLUMNS.map((column) => format(figures[column]).padStart(12));
  console.log([name.padEnd(28), sdk.padEnd(15), ...cells].join(""));
  for (const [figure, most] of Object.entries(targets)) {
    if (figures[figure] > most)
      missed.push(`${name}: ${figure} is ${format(figures[figure])}, target ${most}`);
  }
}

/** Report on a process that receives SIGTERM 300 ms after it tracked 50 events. */
async function reportSignal(sdk) {
  const { sink, url } = await startSink("good");
  const client = forkClient(sdk, "signal", 50, url);
  const exit = once(client, "exit");
  await once(client, "message");
  await sleep(300);
  client.kill("SIGTERM");
  await exit;
  const { stored, ...stats } = await (await fetch(`${url}/stats`)).json();
  sink.disconnect();
  report("SIGTERM", sdk, { lost: 50 - stored, ...stats }, sdk === "ours" ? { lost: 0 } : {});
}

/** Report on a process that tracks seven events and ends: the delivered events, and the time until it exits. */
async function reportExit(sdk) {
  const { sink, url } = await startSink("good");
  const [bare, tracking] = [await lifeMs(sdk, 0, url), await lifeMs(sdk, 7, url)];
  const { stored } = await (await fetch(`${url}/stats`)).json();
  sink.disconnect();
  console.log(
    `exit: ${sdk.padEnd(15)} delivers ${stored} of 7 events and exits ${((tracking - bare) / 1000).toFixed(1)} s later`,
  );
  if (sdk === "ours" && (stored < 7 || tracking - bare > 1_000)) missed.push("exit");
}

async function lifeMs(sdk, count, url) {
  const started = Date.now();
  const client = forkClient(sdk, "exit", count, url);
  client.once("spawn", () => client.disconnect());
  await once(client, "exit");
  return Date.now() - started;
}

/** Start a client process. Messages of other SDKs about their failures are suppressed. */
function forkClient(sdk, ...load) {
  const output = sdk === "ours" ? "inherit" : "ignore";
  return fork(`${ROOT}benchmarks/sdk/client.mjs`, [sdk, ...load, PEERS], {
    execPath: process.env.NODE ?? process.execPath,
    stdio: ["ignore", output, output, "ipc"],
  });
}

function format(value) {
  if (value === undefined) return "-";
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 0);
}
