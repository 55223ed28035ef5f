// Start the real API on the emulator, and the production build of the dashboard.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, freePort, ready } from "../../src/sdk/tests/support/processes.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const STANDALONE = join(ROOT, "src/app/.next/standalone/src/app/server.js");
const HOST = "127.0.0.1";
/** The secret with which the tests' dashboards encrypt sessions. */
export const SESSION_SECRET = "a secret for the sessions of the tests";

export type Environment = Readonly<Record<string, string>>;

export const at = (port: number): string => `http://${HOST}:${port}`;

/** Generate sample data up to the current time in `dataDir/sample`, and load it into the store in `dataDir`. */
export function makeSampleData(dataDir: string): void {
  const now = new Date().toISOString();
  const folder = join(dataDir, "sample");
  const period = ["--end", now.slice(0, 10), "--not-after", now];
  python(["sample_data/make_sample_data.py", ...period, "--out", folder]);
  python(["-m", "api.cli", "seed", folder], { ANALYTICS_DATA_DIR: dataDir });
}

interface ApiOptions {
  readonly port: number;
  readonly dataDir: string;
  /** The dashboard whose pages may call the API. */
  readonly dashboardPort: number;
  readonly environment?: Environment;
}

export async function serveApi(options: ApiOptions): Promise<Server> {
  const { port, dataDir, dashboardPort, environment } = options;
  const command = ["-m", "uvicorn", "api.main:app", "--port", String(port), "--log-level", "warning"];
  const server = run("python", command, {
    ANALYTICS_DATA_DIR: dataDir,
    ANALYTICS_CORS_ORIGINS: at(dashboardPort),
    ANALYTICS_LOG_LEVEL: "ERROR",
    ...environment,
  });
  return whenReady(at(port), server);
}

interface DashboardOptions {
  readonly port: number;
  readonly apiUrl: string;
  readonly environment?: Environment;
}

export async function serveDashboard({ port, apiUrl, environment }: DashboardOptions): Promise<Server> {
  const server = run(process.execPath, [STANDALONE], {
    HOSTNAME: HOST,
    PORT: String(port),
    ANALYTICS_API_URL: apiUrl,
    ANALYTICS_SESSION_SECRET: SESSION_SECRET,
    ...environment,
  });
  return whenReady(at(port), server);
}

interface OwnOptions {
  /** The folder from which the data is copied. */
  readonly sampleData: string;
  /** Settings of both servers. */
  readonly environment?: Environment;
}

/** A separate API and dashboard with a copy of the sample data. */
export class OwnServers {
  api!: Server;
  dashboard!: Server;
  readonly #startApi: () => Promise<Server>;
  readonly #dataDir: string;

  private constructor(dataDir: string, startApi: () => Promise<Server>) {
    this.#dataDir = dataDir;
    this.#startApi = startApi;
  }

  static async running({ sampleData, environment = {} }: OwnOptions): Promise<OwnServers> {
    const dataDir = mkdtempSync(join(tmpdir(), "e2e-own-"));
    cpSync(sampleData, dataDir, { recursive: true });
    const [port, dashboardPort] = [await freePort(), await freePort()];
    const own = new OwnServers(dataDir, () => serveApi({ port, dataDir, dashboardPort, environment }));
    [own.api, own.dashboard] = await Promise.all([
      own.#startApi(),
      serveDashboard({ port: dashboardPort, apiUrl: at(port), environment }),
    ]);
    return own;
  }

  /** Start the API again, with the same port and data. */
  async restartApi(): Promise<void> {
    this.api = await this.#startApi();
  }

  /** Run the operator's command `analytics` while the API is stopped, because it uses the same file. */
  async operate(...args: readonly string[]): Promise<void> {
    await this.api.stop();
    python(["-m", "api.cli", ...args], { ANALYTICS_DATA_DIR: this.#dataDir });
    await this.restartApi();
  }

  async stop(): Promise<void> {
    await Promise.all([this.api.stop(), this.dashboard.stop()]);
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

/** A running server. */
export class Server {
  readonly url: string;
  readonly #process: ChildProcess;

  constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  stop(): Promise<void> {
    return ended(this.#process);
  }

  /** Kill the server without a graceful shutdown. */
  kill(): Promise<void> {
    return ended(this.#process, "SIGKILL");
  }
}

/** Run a command from the repository's folder. */
export function run(command: string, args: readonly string[], environment: Environment): ChildProcess {
  const env = { ...process.env, ...environment };
  return spawn(command, args, { cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] });
}

/** Wait until the path returns a successful response. */
export async function whenReady(url: string, server: ChildProcess, path = "/healthz"): Promise<Server> {
  await ready(url + path, server);
  return new Server(url, server);
}

/** Run a Python program from the repository's folder until it ends, and return its output. */
export function python(args: readonly string[], environment: Environment = {}): string {
  const env = { ...process.env, ...environment };
  return execFileSync("python", args, { cwd: ROOT, env, encoding: "utf8" });
}
