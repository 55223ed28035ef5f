// Run every example of the packages' READMEs in a separate process, as `node example.mjs`.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { transformSync } from "esbuild";
import { AnalyticsClient } from "@acme/analytics-sdk";
import { getTrends } from "@acme/analytics-sdk/insights";
import { expect, inject, onTestFinished, test } from "vitest";
import { KEY } from "../support/client.ts";
import { type Ended, node20, run } from "../support/node.ts";

const SDK = `${import.meta.dirname}/../..`;
const NODE_20 = node20();
/** The browser global that an example needs and Node lacks. */
const PAGE = `globalThis.location = { pathname: "/" };`;

function examplesOf(readme: string, language: "ts" | "tsx"): string[] {
  const blocks = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms");
  return [...readFileSync(`${SDK}/${readme}`, "utf8").matchAll(blocks)].map(([, code]) => code!);
}

/** Run the example in a folder in which imports resolve to the published build of the packages. */
async function runExample(example: string, loader: "ts" | "tsx", command = process.execPath): Promise<Ended> {
  const folder = mkdtempSync(`${SDK}/tests/.readme-`);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const code = example.replaceAll("http://localhost:8000", inject("apiUrl"));
  writeFileSync(`${folder}/example.mjs`, transformSync(code, { loader, jsx: "automatic" }).code);
  return run(command, [`${folder}/example.mjs`]);
}

const CORE = examplesOf("core/README.md", "ts");

test("All eleven examples of the core README are found", () => {
  expect(CORE).toHaveLength(11);
});

test.each(
  CORE.flatMap((code) => [process.execPath, ...(NODE_20 ? [NODE_20] : [])].map((node) => ({ code, node }))),
)("An example of the core README runs in a separate process: $code", async ({ code, node }) => {
  const preamble = code.includes("location") ? PAGE : "";
  const ended = await runExample(preamble + code, "ts", node);

  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(ended.stdout !== "").toBe(code.includes("console.log"));
});

/** Code before the example that sets up a DOM, and code after it that renders the app until it shows the API's data. */
const DOM = `
  import { Window } from "happy-dom";
  const page = new Window({ url: "http://dom.test" });
  for (const name of ["window", "document", "navigator", "location", "HTMLElement", "Node", "localStorage"])
    Object.defineProperty(globalThis, name, { value: page[name], configurable: true });
`;
const START = `
  const { createRoot } = await import("react-dom/client");
  createRoot(document.body).render(<App />);
  const text = () => document.body.textContent;
`;
const RENDER = `${START}
  while (!/\\d+ events/.test(text()) || text().split("reader").length < 3)
    await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(document.querySelector("h1").textContent);
  process.exit();
`;

test("The example of the React README renders in a separate process", async () => {
  const [example] = examplesOf("react/README.md", "tsx");
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });
  await client.trackEvents([{ event_type: "signed_up", user_id: "reader" }]);
  const ended = await runExample(DOM + example + RENDER, "tsx");

  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(ended.stdout).toMatch(/^\d+ events\n$/);
});

const RENDER_INSIGHTS = `${START}
  while (!/\\d+ users/.test(text()) || !text().includes("→")) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(text());
  process.exit();
`;

test("The insights of the React README render in a separate process", async () => {
  const [, example] = examplesOf("react/README.md", "tsx");
  const ended = await runExample(DOM + example + RENDER_INSIGHTS, "tsx");

  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(ended.stdout).toMatch(/^\d+ users signed up\d+ → \d+\n$/);
});

const RENDER_COMPONENTS = `${START}
  const values = () => [...document.querySelectorAll(".acme-insight-data:not([data-state])")];
  while (values().length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(values().map(({ textContent }) => textContent).join("|"));
  process.exit();
`;

test("The cards, charts and grids of the React README show data in a separate process", async () => {
  const [, , example] = examplesOf("react/README.md", "tsx");
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });
  await client.trackEvents([{ event_type: "signed_up", user_id: "returning" }]);
  const count = async () =>
    (await getTrends(client, { series: [{ event_type: "signed_up" }] })).series[0]!.total;
  await expect.poll(count).toBeGreaterThan(0); // the insights include the event
  const ended = await runExample(DOM + example + RENDER_COMPONENTS, "tsx");

  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(ended.stdout).toMatch(/^\d+.*before\|signed_up.*\|.*100%.*\|.*All cohorts.*\n$/);
});

/** Code that serves the route of the page from the example of the server, for the signed-in user. */
const ROUTE = `
  const overNetwork = globalThis.fetch;
  globalThis.fetch = (url, init) => (url === "/analytics-token" ? issueToken("embedded") : overNetwork(url, init));
`;
const RENDER_TABLE = `${START}
  while (!text().includes("embedded")) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(text());
  process.exit();
`;

test("The embedded table of the React README shows the events of one user only", async () => {
  const [server] = examplesOf("react/README.md", "ts");
  const [, , , table, ...others] = examplesOf("react/README.md", "tsx");
  expect(others).toEqual([]);
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });
  await client.trackEvents(
    ["embedded", "stranger"].map((user_id) => ({ event_type: "viewed_embed", user_id })),
  );
  const ended = await runExample(DOM + server + ROUTE + table + RENDER_TABLE, "tsx");

  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(ended.stdout).toContain("embedded");
  expect(ended.stdout).not.toContain("stranger");
});
