import "server-only";
import { createHash } from "node:crypto";
import { STYLES } from "@acme/analytics-react/table-styles";
import { settings } from "./settings";

/** React renders a component's own style on the server without a nonce. */
const EVENTS_TABLE = `'sha256-${createHash("sha256").update(STYLES).digest("base64")}'`;

/** What a page of ours may load: nothing from another host but data from the API, no script without the nonce. */
export function contentSecurityPolicy(nonce: string): string {
  const isDevelopment = process.env.NODE_ENV === "development";
  const api = new URL(settings().publicApiUrl).origin;
  return [
    "default-src 'self'",
    // React's development build evaluates strings.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' ${isDevelopment ? "'unsafe-inline'" : `'nonce-${nonce}' ${EVENTS_TABLE}`}`,
    // Sizes and places that are computed: attributes can carry no nonce, and load nothing.
    "style-src-attr 'unsafe-inline'",
    `connect-src 'self' ${api}`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
