// The service in an environment that isn't `local`, without a cloud: moto simulates DynamoDB, KMS and Secrets Manager.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../src/sdk/tests/support/processes.ts";
import { OidcProvider } from "./oidc-provider.ts";
import {
  at,
  type Environment,
  python,
  run,
  serveApi,
  serveDashboard,
  type Server,
  whenReady,
} from "./servers.ts";

interface RehearsalOptions {
  /** The folder of the certificate. */
  readonly folder: string;
  readonly environment?: Environment;
}

/** The API with an empty store, the dashboard and an identity provider. */
export class Rehearsal {
  readonly api: Server;
  readonly dashboard: Server;
  readonly provider: OidcProvider;
  /** The settings of the API, the dashboard and the operator's commands. */
  readonly environment: Environment;
  readonly #aws: Server;

  private constructor(parts: Pick<Rehearsal, "api" | "dashboard" | "provider" | "environment">, aws: Server) {
    this.api = parts.api;
    this.dashboard = parts.dashboard;
    this.provider = parts.provider;
    this.environment = parts.environment;
    this.#aws = aws;
  }

  static async running({ folder, environment: own }: RehearsalOptions): Promise<Rehearsal> {
    const [awsPort, port, dashboardPort] = [await freePort(), await freePort(), await freePort()];
    const aws = await whenReady(
      at(awsPort),
      run("python", ["-m", "scripts.hosts.moto_server", String(awsPort)], {}),
      "/moto-api/",
    );
    const account = python(["-m", "scripts.hosts.aws_account", at(awsPort), folder]);
    const [cert, key] = ["certificate.pem", "key.pem"].map((name) =>
      readFileSync(join(folder, name), "utf8"),
    );
    const provider = await OidcProvider.running({ cert: cert!, key: key! });
    const environment = {
      ...(JSON.parse(account) as Environment),
      ...provider.settings,
      ANALYTICS_API_URL: at(port),
      ANALYTICS_DASHBOARD_URL: at(dashboardPort),
      ...own,
    };
    const [api, dashboard] = await Promise.all([
      serveApi({ port, dataDir: folder, dashboardPort, environment }),
      serveDashboard({ port: dashboardPort, apiUrl: at(port), environment }),
    ]);
    return new Rehearsal({ api, dashboard, provider, environment }, aws);
  }

  /** Run the operator's command `analytics`, and return its output. */
  operate(...args: readonly string[]): string {
    return python(["-m", "api.cli", ...args], this.environment);
  }

  async stop(): Promise<void> {
    for (const server of [this.dashboard, this.api, this.#aws]) await server.stop();
    await this.provider.close();
  }
}
