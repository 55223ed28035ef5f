// `make lighthouse` prints Lighthouse's desktop scores of the production build.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { makeSampleData, OwnServers } from "./servers.ts";

/** Not a dependency of the repository, because it is 100 MB large. `npx` downloads it. */
const LIGHTHOUSE = "lighthouse@13.5.0";
const CATEGORIES = ["performance", "accessibility", "best-practices"] as const;
const SCORE_MIN = 0.95;
/** The number of runs per page. The median score counts. A loaded machine lowers it, so the load is printed. */
const RUNS = 3;

interface Report {
  readonly runtimeError?: { readonly message: string };
  readonly categories: Readonly<Record<string, { readonly score: number }>>;
  readonly finalDisplayedUrl: string;
}

type Scores = Record<(typeof CATEGORIES)[number], number>;

const sampleData = mkdtempSync(join(tmpdir(), "lighthouse-"));
makeSampleData(sampleData);
const servers = await OwnServers.running({ sampleData });
try {
  const { url } = servers.dashboard;
  const cookie = await signIn(url);
  const isGood = [
    "/sign-in",
    "/o/org_acme/overview",
    "/o/org_acme/settings/keys",
    "/o/org_acme/settings/members",
  ].map((path) => report(path, runsOn(url + path, cookie)));
  process.exitCode = isGood.every(Boolean) ? 0 : 1;
  console.log(`load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} processors`);
} finally {
  await servers.stop();
  rmSync(sampleData, { recursive: true });
}

function report(path: string, runs: readonly Scores[]): boolean {
  const median = (name: keyof Scores): number =>
    runs.map((run) => run[name]).toSorted((a, b) => a - b)[Math.floor(RUNS / 2)]!;
  console.log(path, ...CATEGORIES.map((name) => `${name} ${Math.round(median(name) * 100)}`));
  return CATEGORIES.every((name) => median(name) >= SCORE_MIN);
}

function runsOn(page: string, cookie: string): readonly Scores[] {
  return Array.from({ length: RUNS }, () => scoresOf(page, runOnce(page, cookie) ?? runOnce(page, cookie)));
}

function scoresOf(page: string, seen: Report | undefined): Scores {
  if (!seen) throw new Error(`Lighthouse failed twice on ${page}.`);
  const { categories, finalDisplayedUrl } = seen;
  if (finalDisplayedUrl !== page) throw new Error(`${page} redirected to ${finalDisplayedUrl}.`);
  return Object.fromEntries(CATEGORIES.map((name) => [name, categories[name]!.score])) as Scores;
}

/** Return one report, or undefined when Chromium didn't start, which happens occasionally. */
function runOnce(page: string, cookie: string): Report | undefined {
  const options = [
    "--preset=desktop",
    "--output=json",
    "--quiet",
    `--only-categories=${CATEGORIES.join(",")}`,
    `--extra-headers=${JSON.stringify({ Cookie: cookie })}`,
    "--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage --disable-gpu",
  ];
  const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  const result = spawnSync("npx", ["--yes", LIGHTHOUSE, page, ...options], {
    env: { ...process.env, CHROME_PATH: chromium },
    maxBuffer: 64 * 1024 * 1024,
    encoding: "utf8",
  });
  if (result.status === 0) return JSON.parse(result.stdout) as Report;
  const failed = result.stdout ? (JSON.parse(result.stdout) as Report) : undefined;
  console.log(page, failed?.runtimeError?.message ?? result.stderr);
  return undefined;
}

async function signIn(url: string): Promise<string> {
  const response = await fetch(`${url}/session/sign-in`, {
    method: "POST",
    headers: { Origin: url },
    body: new URLSearchParams({ user_id: "user_002", org_id: "org_acme" }),
    redirect: "manual",
  });
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}
