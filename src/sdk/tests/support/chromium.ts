// Serves pages with the SDK, bundled from source, on the origin that the API allows, and opens them in Chromium.
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { inject } from "vitest";

export const EXECUTABLE = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const SDK = fileURLToPath(new URL("../..", import.meta.url));

export const hasChromium = existsSync(EXECUTABLE);
if (!hasChromium) {
  const message = `Browser tests need Chromium at ${EXECUTABLE} (or in CHROMIUM).`;
  if (process.env["CI"]) throw new Error(message);
  console.warn(`${message} They are skipped.`);
}

/** A browser, and a server whose pages run a script. The script can import the SDK by name. */
export class Pages {
  readonly #browser: Browser;
  readonly #server: Server;

  private constructor(browser: Browser, server: Server) {
    this.#browser = browser;
    this.#server = server;
  }

  static async running(
    script: string,
    executablePath: string = EXECUTABLE,
    alias: Readonly<Record<string, string>> = {},
  ): Promise<Pages> {
    const code = await bundle(script, alias);
    const server = createServer((request, response) => {
      const isScript = request.url === "/script.js";
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html; charset=utf-8");
      response.end(
        isScript
          ? code
          : `<!doctype html><title>Page</title><div id="root"></div><script src="/script.js"></script>`,
      );
    });
    await new Promise<void>((resolve) => {
      server.listen(Number(new URL(inject("pageOrigin")).port), resolve);
    });
    const browser = await chromium.launch({
      executablePath,
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
    return new Pages(browser, server);
  }

  /** Create a browser context, with separate storage, locks and network state. */
  context(): Promise<BrowserContext> {
    return this.#browser.newContext({ baseURL: inject("pageOrigin") });
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Open a page in the context. `failures` collects the page's uncaught errors. */
export async function open(
  context: BrowserContext,
  path = "/",
): Promise<Page & { readonly failures: string[] }> {
  const page = await context.newPage();
  const failures: string[] = [];
  page.on("pageerror", (error) => failures.push(error.message));
  await page.goto(path);
  return Object.assign(page, { failures });
}

async function bundle(script: string, alias: Readonly<Record<string, string>>): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: script, resolveDir: SDK, loader: "tsx" },
    bundle: true,
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    alias,
    conditions: ["source"],
    define: { "process.env.NODE_ENV": '"development"' },
    write: false,
  });
  return outputFiles[0]!.text;
}
