// The real API on the emulator, and the dashboard as it is deployed.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, ready } from "../../src/sdk/tests/support/processes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const STANDALONE = join(ROOT, "src/app/.next/standalone/src/app/server.js");
const HOST = "127.0.0.1";
/** Encrypts the sessions of the tests, and nothing else. */
const SESSION_SECRET = "sessions of the tests, nothing else";

type Environment = Readonly<Record<string, string>>;

export const at = (port: number): string => `http://${HOST}:${port}`;

/** Sample data ending now in `dataDir`, ready for an API; the files stay in its folder `sample`. */
export function makeSampleData(dataDir: string): void {
  const now = new Date().toISOString();
  const folder = join(dataDir, "sample");
  python(
    dataDir,
    "sample_data/make_sample_data.py",
    "--end",
    now.slice(0, 10),
    "--not-after",
    now,
    "--out",
    folder,
  );
  python(dataDir, "-m", "api.cli", "seed", folder);
}

/** The same data once more, for an API of one's own. */
export function copySampleData(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}

interface ApiOptions {
  readonly port: number;
  readonly dataDir: string;
  /** Whose pages may call it. */
  readonly dashboardPort: number;
  readonly environment?: Environment;
}

export async function serveApi(options: ApiOptions): Promise<Server> {
  const { port, dataDir, dashboardPort, environment } = options;
  const command = ["-m", "uvicorn", "api.main:app", "--port", String(port), "--log-level", "warning"];
  const server = start("python", command, {
    ANALYTICS_DATA_DIR: dataDir,
    ANALYTICS_CORS_ORIGINS: at(dashboardPort),
    ANALYTICS_LOG_LEVEL: "ERROR",
    ...environment,
  });
  return up(at(port), server);
}

interface DashboardOptions {
  readonly port: number;
  readonly apiUrl: string;
  readonly environment?: Environment;
}

export async function serveDashboard({ port, apiUrl, environment }: DashboardOptions): Promise<Server> {
  const server = start(process.execPath, [STANDALONE], {
    HOSTNAME: HOST,
    PORT: String(port),
    ANALYTICS_API_URL: apiUrl,
    ANALYTICS_SESSION_SECRET: SESSION_SECRET,
    ...environment,
  });
  return up(at(port), server);
}

/** A running server; whoever has started it ends it. */
export class Server {
  constructor(
    readonly url: string,
    readonly process: ChildProcess,
  ) {}

  stop(): Promise<void> {
    return ended(this.process);
  }

  /** Ends it as a power cut does. */
  kill(): Promise<void> {
    return ended(this.process, "SIGKILL");
  }
}

function start(command: string, args: readonly string[], environment: Environment): ChildProcess {
  const env = { ...process.env, ...environment };
  return spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] });
}

async function up(url: string, server: ChildProcess): Promise<Server> {
  await ready(`${url}/healthz`, server);
  return new Server(url, server);
}

function python(dataDir: string, ...args: readonly string[]): void {
  const env = { ...process.env, ANALYTICS_DATA_DIR: dataDir };
  execFileSync("python", args, { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] });
}
