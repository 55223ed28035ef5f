// Start the API and the dashboard that most tests share, on free ports.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../src/sdk/tests/support/processes.ts";
import { at, makeSampleData, serveApi, serveDashboard } from "./servers.ts";

export default async function setup(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "e2e-"));
  const [sampleData, dataDir] = [join(folder, "sample-data"), join(folder, "shared")];
  makeSampleData(sampleData);
  cpSync(sampleData, dataDir, { recursive: true });
  const [apiPort, dashboardPort] = [await freePort(), await freePort()];
  const servers = await Promise.all([
    serveApi({ port: apiPort, dataDir, dashboardPort }),
    serveDashboard({ port: dashboardPort, apiUrl: at(apiPort) }),
  ]);
  // The workers inherit these variables, and fixtures.ts reads them.
  Object.assign(process.env, {
    E2E_API_URL: at(apiPort),
    E2E_DASHBOARD_URL: at(dashboardPort),
    E2E_SAMPLE_DATA: sampleData,
  });
  return async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
}
