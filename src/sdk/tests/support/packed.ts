// Packs the packages and installs them from the tarballs, as users get them.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { KEY } from "./client.ts";
import { fetched } from "./fetched.ts";
import { ROOT } from "./node.ts";

const FOLDERS = ["core", "react"];

/** Pack the build of both packages into the folder, and return the paths of the tarballs: first core, then react. */
export function packed(folder: string): string[] {
  const packages = FOLDERS.flatMap((name) => ["--workspace", `src/sdk/${name}`]);
  const report = npm(ROOT, "pack", "--json", "--ignore-scripts", "--pack-destination", folder, ...packages);
  const found = JSON.parse(report) as Record<string, { filename: string }>;
  return Object.values(found).map(({ filename }) => join(folder, filename));
}

/**
 * Create a project with these files, the packed packages and other packages from npm. Return its folder, or undefined
 * without a network. Every test file must use a different name.
 */
export function project(
  name: string,
  others: readonly string[],
  files: Readonly<Record<string, string>>,
): string | undefined {
  const base = fetched(name, others);
  if (!base) return undefined;
  const flags = ["--no-save", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  npm(base, "install", ...flags, ...packed(base));
  const folder = mkdtempSync(`${base}/project-`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** Return a file that tracks three events, reads them back, waits until insights count them, and prints their user ids. */
export function trackingAndReading(module: "esm" | "cjs", apiUrl: string, type: string): string {
  const imported = (names: string, path: string): string =>
    module === "esm" ? `import { ${names} } from "${path}";` : `const { ${names} } = require("${path}");`;
  return `
    ${imported("AnalyticsClient", "@acme/analytics-sdk")}
    ${imported("getTrends", "@acme/analytics-sdk/insights")}
    const client = new AnalyticsClient({ apiKey: "${KEY}", baseUrl: "${apiUrl}" });
    async function main() {
      for (let i = 0; i < 3; i++) void client.trackEvent({ event_type: "${type}", user_id: "user_" + i });
      await client.flush();
      const users = [];
      for await (const { user_id } of client.getEvents({ event_type: "${type}", order: "asc", limit: 2 })) users.push(user_id);
      const count = async () => (await getTrends(client, { series: [{ event_type: "${type}" }] })).series[0].total;
      while ((await count()) < users.length) await new Promise((resolve) => setTimeout(resolve, 100));
      await client.close();
      console.log(JSON.stringify(users));
    }
    main();`;
}

export const USERS: readonly string[] = ["user_0", "user_1", "user_2"];

/** Return the standard output of the command. Throw if the command fails. */
export function output(folder: string, command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function npm(folder: string, ...args: readonly string[]): string {
  return output(folder, "npm", "--loglevel=error", ...args);
}
