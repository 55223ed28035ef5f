// One API and one dashboard for the whole run, on free ports, ended with it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../src/sdk/tests/support/processes.ts";
import { at, makeSampleData, serveApi, serveDashboard } from "./servers.ts";

export default async function setup(): Promise<() => Promise<void>> {
  const dataDir = mkdtempSync(join(tmpdir(), "e2e-"));
  makeSampleData(dataDir);
  const [apiPort, dashboardPort] = [await freePort(), await freePort()];
  const servers = await Promise.all([
    serveApi({ port: apiPort, dataDir, dashboardPort }),
    serveDashboard({ port: dashboardPort, apiUrl: at(apiPort) }),
  ]);
  // The workers inherit these; fixtures.ts is where they are read.
  Object.assign(process.env, {
    E2E_API_URL: at(apiPort),
    E2E_DASHBOARD_URL: at(dashboardPort),
    E2E_DATA_DIR: dataDir,
  });
  return async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(dataDir, { recursive: true, force: true });
  };
}
