// `node benchmarks/sdk.mjs [--peers] [case…]`: what the SDK costs, and what it loses when servers fail.
// NODE names another Node for the client: the targets were set on 20, and 24 lets young objects take more memory.
// With --peers, posthog-node, Segment and Amplitude do the same beside it. Exits with 1 when a target is missed.
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
/** A client that takes longer is ended, and what it delivered until then counts. */
const PATIENCE_MS = 60_000;
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

/** Each case: the load, how many events, the most that each figure may be, and the server's mode if it has another name. */
const CASES = {
  burst: ["burst", 100_000, { ...LIGHT, seconds: 10 }, "good"],
  paced: ["paced", 100_000, LIGHT, "good"],
  "20 % of 500s": ["burst", 10_000, SAFE],
  "15 s outage, then close": ["burst", 10_000, SAFE],
  "429 + Retry-After for 20 s": ["burst", 10_000, SAFE],
  "20 requests/s": ["burst", 10_000, { ...SAFE, requests: 110 }],
  "10 % lost answers": ["burst", 10_000, SAFE],
  "10 poison events": ["poison", 10_000, { lost: 10, repeats: 0, requests: 100 }],
  "10 % never answered": ["burst", 10_000, SAFE],
  // The goal is a stall of 300 ms. Events are serialised in the call, so that the caller may change them afterwards.
  "never yields": ["unyielding", 100_000, { lost: 0, repeats: 0, rssMegabytes: 250, stallMs: 2_500 }, "good"],
  "permanent 401": ["burst", 10_000, { requests: 3 }],
  // At most 20 % more than posthog-node's 1,671.
  "refused size (413)": ["burst", 10_000, { lost: 0, repeats: 0, requests: 2_005 }],
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
  const [costs] = await Promise.race([once(client, "message"), sleep(PATIENCE_MS, [{}], { ref: false })]);
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

/** A process that is ended 300 ms after it tracked 50 events. */
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

/** A process that tracks seven events and ends: what arrives, and how much longer it lives. */
async function reportExit(sdk) {
  const { sink, url } = await startSink("good");
  const [bare, tracking] = [await lifeMs(sdk, 0, url), await lifeMs(sdk, 7, url)];
  const { stored } = await (await fetch(`${url}/stats`)).json();
  sink.disconnect();
  console.log(
    `exit: ${sdk.padEnd(15)} delivers ${stored} of 7 and lives ${((tracking - bare) / 1000).toFixed(1)} s longer`,
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

/** What others print of their failures is not asked for. */
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
