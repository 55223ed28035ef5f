import "server-only";
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The dashboard's settings, read when the server starts and never when it is built. */
export interface Settings {
  readonly isLocal: boolean;
  /** The API's URL for this server. */
  readonly apiUrl: string;
  /** The API's URL for browsers. */
  readonly publicApiUrl: string;
  /** The dashboard's URL for browsers. Default: the `Host` of each request, over http. */
  readonly dashboardUrl: string | undefined;
  /** The secret that encrypts the session cookie. */
  readonly sessionSecret: string;
  /** Whether the API lets persons without an organisation create one. */
  readonly signUpIsOpen: boolean;
  /** The identity provider. Default: the API's local one. */
  readonly oidc: OidcSettings | undefined;
}

export interface OidcSettings {
  readonly issuer: string;
  /** The dashboard's client id, which is the audience of its ID tokens. */
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scope: string;
}

const SECRET_CHARACTERS_MIN = 32;

let current: Settings | undefined;

/** Return the settings. Throw if a setting that this environment requires is missing. */
export function settings(): Settings {
  current ??= read(process.env);
  return current;
}

function read(environ: NodeJS.ProcessEnv): Settings {
  const value = (name: string): string | undefined => environ[`ANALYTICS_${name}`] || undefined;
  const isLocal = (value("ENV") ?? "local") === "local";
  const apiUrl = value("API_URL") ?? "http://127.0.0.1:8000";
  const issuer = value("OIDC_ISSUER");
  if (!isLocal && !issuer)
    throw new Error("Set ANALYTICS_OIDC_ISSUER. Sample users can sign in only if ANALYTICS_ENV is local.");
  if (!isLocal && !value("DASHBOARD_URL")) throw new Error("Set ANALYTICS_DASHBOARD_URL.");
  return {
    isLocal,
    apiUrl,
    publicApiUrl: value("PUBLIC_API_URL") ?? apiUrl,
    dashboardUrl: value("DASHBOARD_URL"),
    sessionSecret: secretFrom(value("SESSION_SECRET"), isLocal, value("DATA_DIR") ?? ".data"),
    signUpIsOpen: isOpen(value("SIGN_UP") ?? "closed"),
    oidc: issuer
      ? {
          issuer,
          clientId: value("OIDC_AUDIENCE") ?? "acme-analytics-dashboard",
          clientSecret: value("OIDC_CLIENT_SECRET"),
          scope: value("OIDC_SCOPE") ?? "openid profile email offline_access",
        }
      : undefined,
  };
}

function isOpen(signUp: string): boolean {
  if (signUp !== "open" && signUp !== "closed") throw new Error("Set ANALYTICS_SIGN_UP to open or closed.");
  return signUp === "open";
}

function secretFrom(secret: string | undefined, isLocal: boolean, dataDir: string): string {
  if (secret && secret.length >= SECRET_CHARACTERS_MIN) return secret;
  if (secret || !isLocal) {
    throw new Error(`Set ANALYTICS_SESSION_SECRET to at least ${SECRET_CHARACTERS_MIN} random characters.`);
  }
  return fileSecret(dataDir, "session-secret");
}

/** Return the secret from a file in this folder. If the file doesn't exist, create it with a random secret. */
function fileSecret(folder: string, name: string): string {
  const path = resolve(/* turbopackIgnore: true */ folder, name);
  try {
    return readFileSync(path, "utf8");
  } catch {
    return createSecret(path);
  }
}

function createSecret(path: string): string {
  const draft = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, randomBytes(32).toString("base64url"), { mode: 0o600 });
  try {
    linkSync(draft, path); // atomic: if another process was first, its secret is used
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, "utf8");
}
