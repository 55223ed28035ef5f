import type { BrowserOptions } from "./browser/event-store.ts";
import { type AnalyticsClientOptions, DEFAULTS } from "./options.ts";

const FUNCTIONS: ReadonlySet<string> = new Set(["getToken", "onError", "waitUntil", "fetch"]);
/** The options for which the value 0 would make the client send nothing. */
const AT_LEAST_ONE: ReadonlySet<string> = new Set([
  "maxBatchEvents",
  "maxBatchBytes",
  "maxQueueEvents",
  "maxQueueBytes",
  "maxInFlight",
  "timeoutMs",
  "readAttempts",
]);

/** An option is missing or has an invalid value. */
export class InvalidOptionError extends TypeError {}

/** Throw an InvalidOptionError that says which option to change, and how. */
export function checkOptions(options: AnalyticsClientOptions): void {
  const { baseUrl, apiKey, getToken, whenFull, platform } = options;
  if (typeof baseUrl !== "string" || !/^(https?:\/)?\/./i.test(baseUrl))
    throw invalid(
      "baseUrl",
      'a string with the URL of the API, such as "https://analytics.example.com"',
      baseUrl,
    );
  if (!apiKey && !getToken)
    throw new InvalidOptionError("The option apiKey is missing. Set it, or getToken for signed-in users.");
  if (whenFull && !["wait", "drop"].includes(whenFull))
    throw invalid("whenFull", '"wait" or "drop"', whenFull);
  if (platform && typeof platform.attach !== "function")
    throw invalid("platform", "the result of browser() from @acme/analytics-sdk/browser", platform);
  for (const [name, value] of Object.entries(options)) checkType(name, value);
}

/** Throw an InvalidOptionError if an option of a page's storage is unknown or invalid. */
export function checkBrowserOptions({ maxStoredBytes, store, ...others }: BrowserOptions): void {
  const unknown = Object.entries(others).find(([, value]) => value != null);
  if (unknown) throw new InvalidOptionError(`Unknown option: ${unknown[0]}`);
  checkNumber("maxStoredBytes", maxStoredBytes ?? 0, 0);
  if (store && typeof store.save !== "function") throw invalid("store", "an EventStore", store);
}

function checkType(name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  if (FUNCTIONS.has(name) && typeof value !== "function") throw invalid(name, "a function", value);
  if (typeof DEFAULTS[name as keyof typeof DEFAULTS] !== "number") return;
  checkNumber(name, value, AT_LEAST_ONE.has(name) ? 1 : 0);
  if (name === "maxBatchEvents" && Number(value) > DEFAULTS.maxBatchEvents)
    throw invalid(name, `at most ${DEFAULTS.maxBatchEvents}`, value);
}

function checkNumber(name: string, value: unknown, least: number): void {
  if (typeof value !== "number" || !(value >= least))
    throw invalid(name, `a number of at least ${least}`, value);
}

function invalid(name: string, expected: string, value: unknown): InvalidOptionError {
  const given = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new InvalidOptionError(`The option ${name} must be ${expected}, not ${given}.`);
}
