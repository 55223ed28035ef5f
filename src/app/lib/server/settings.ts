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
  /** Who signs people in; unset: the API's local identity provider. */
  readonly oidc: OidcSettings | undefined;
}

export interface OidcSettings {
  readonly issuer: string;
  /** This dashboard at the provider, and the audience of its ID tokens. */
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scope: string;
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
  const issuer = value("OIDC_ISSUER");
  if (!isLocal && !issuer) throw new Error("Set ANALYTICS_OIDC_ISSUER: sample users sign in locally only.");
  if (!isLocal && !value("DASHBOARD_URL")) throw new Error("Set ANALYTICS_DASHBOARD_URL.");
  return {
    isLocal,
    apiUrl,
    publicApiUrl: value("PUBLIC_API_URL") ?? apiUrl,
    dashboardUrl: value("DASHBOARD_URL"),
    sessionSecret: secretFrom(value("SESSION_SECRET"), isLocal, value("DATA_DIR") ?? ".data"),
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

function secretFrom(secret: string | undefined, isLocal: boolean, dataDir: string): string {
  if (secret && secret.length >= SECRET_CHARACTERS_MIN) return secret;
  if (secret || !isLocal) {
    throw new Error(`Set ANALYTICS_SESSION_SECRET to ${SECRET_CHARACTERS_MIN} random characters or more.`);
  }
  return fileSecret(dataDir, "session-secret");
}
