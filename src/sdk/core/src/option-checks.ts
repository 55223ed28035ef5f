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
  const { baseUrl, apiKey, getToken, whenFull } = options;
  if (!/^(https?:\/)?\/./.test(baseUrl))
    throw invalid("baseUrl", 'the URL of the API, such as "https://analytics.example.com"', baseUrl);
  if (!apiKey && !getToken)
    throw new InvalidOptionError("The option apiKey is missing. Set it, or getToken for signed-in users.");
  if (whenFull && !["wait", "drop"].includes(whenFull))
    throw invalid("whenFull", '"wait" or "drop"', whenFull);
  for (const [name, value] of Object.entries(options)) checkType(name, value);
}

function checkType(name: string, value: unknown): void {
  if (value === undefined || value === null) return;
  if (FUNCTIONS.has(name) && typeof value !== "function") throw invalid(name, "a function", value);
  if (typeof DEFAULTS[name as keyof typeof DEFAULTS] !== "number") return;
  const least = AT_LEAST_ONE.has(name) ? 1 : 0;
  if (typeof value !== "number" || !(value >= least))
    throw invalid(name, `a number of at least ${least}`, value);
  if (name === "maxBatchEvents" && value > DEFAULTS.maxBatchEvents)
    throw invalid(name, `at most ${DEFAULTS.maxBatchEvents}`, value);
}

function invalid(name: string, expected: string, value: unknown): InvalidOptionError {
  const given = typeof value === "string" ? JSON.stringify(value) : String(value);
  return new InvalidOptionError(`The option ${name} must be ${expected}, not ${given}.`);
}
