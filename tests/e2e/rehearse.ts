// `make rehearsal` serves the environment of rehearsal.ts until Ctrl-C.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Rehearsal } from "./rehearsal.ts";
import { ROOT } from "./servers.ts";

const folder = join(ROOT, "build/rehearsal");
const settings = join(folder, "settings.sh");

console.log(
  "Starting the API, the dashboard, an identity provider and simulated AWS services, in about 40 seconds …",
);
mkdirSync(folder, { recursive: true });
const rehearsal = await Rehearsal.running({ folder });
const lines = Object.entries(rehearsal.environment).map(([name, value]) => `export ${name}='${value}'\n`);
writeFileSync(settings, lines.join(""), { mode: 0o600 });
console.log(`
API                ${rehearsal.api.url}
dashboard          ${rehearsal.dashboard.url}
identity provider  ${rehearsal.provider.url}
sign in            as the user ada, on the page of the identity provider
settings           . build/rehearsal/settings.sh
next steps         docs/deployment.md, "Rehearse it without a cloud"
stop               Ctrl-C; all data is in memory and is lost
`);
// Ctrl-C also reaches the servers, and the process ends after them.
process.once("SIGINT", () => void rehearsal.provider.close());
