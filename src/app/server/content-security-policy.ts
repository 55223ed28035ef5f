import "server-only";
import { createHash } from "node:crypto";
import { STYLES as INSIGHT_STYLES } from "@acme/analytics-react/insight-styles";
import { STYLES } from "@acme/analytics-react/table-styles";
import { settings } from "./settings";

/** The hashes of the style elements of the React package, which React renders on the server without a nonce. */
const COMPONENTS = [STYLES, ...INSIGHT_STYLES]
  .map((css) => `'sha256-${createHash("sha256").update(css).digest("base64")}'`)
  .join(" ");

/** Return the policy: scripts need the nonce, and only data of the API may come from another host. */
export function contentSecurityPolicy(nonce: string): string {
  const isDevelopment = process.env.NODE_ENV === "development";
  const api = new URL(settings().publicApiUrl).origin;
  return [
    "default-src 'self'",
    // React's development build uses eval.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' ${isDevelopment ? "'unsafe-inline'" : `'nonce-${nonce}' ${COMPONENTS}`}`,
    // For computed sizes and positions. Attributes can't have a nonce, and load nothing.
    "style-src-attr 'unsafe-inline'",
    `connect-src 'self' ${api}`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
