import "server-only";
import { fileSecret } from "./file-secret";

/** The dashboard's settings, read when the server runs and never when it is built. */
export interface Settings {
  readonly isLocal: boolean;
  /** Where this server reaches the API. */
  readonly apiUrl: string;
  /** Where browsers reach it. */
  readonly publicApiUrl: string;
  /** Where browsers reach this dashboard; unset: at the host that they name, over http. */
  readonly dashboardUrl: string | undefined;
  /** Encrypts the session cookie. */
  readonly sessionSecret: string;
}

const SECRET_CHARACTERS_MIN = 32;

let current: Settings | undefined;

/** Throws when a setting is missing that this environment needs. */
export function settings(): Settings {
  current ??= read(process.env);
  return current;
}

function read(environ: NodeJS.ProcessEnv): Settings {
  const value = (name: string): string | undefined => environ[`ANALYTICS_${name}`] || undefined;
  const isLocal = (value("ENV") ?? "local") === "local";
  const apiUrl = value("API_URL") ?? "http://127.0.0.1:8000";
  return {
    isLocal,
    apiUrl,
    publicApiUrl: value("PUBLIC_API_URL") ?? apiUrl,
    dashboardUrl: value("DASHBOARD_URL"),
    sessionSecret: secretFrom(value("SESSION_SECRET"), isLocal, value("DATA_DIR") ?? ".data"),
  };
}

function secretFrom(secret: string | undefined, isLocal: boolean, dataDir: string): string {
  if (secret && secret.length >= SECRET_CHARACTERS_MIN) return secret;
  if (secret || !isLocal) {
    throw new Error(`Set ANALYTICS_SESSION_SECRET to ${SECRET_CHARACTERS_MIN} random characters or more.`);
  }
  return fileSecret(dataDir, "session-secret");
}
