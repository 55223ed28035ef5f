import "server-only";
import { settings } from "./settings";

/** What a page of ours may load: nothing from another host but data from the API, no script without the nonce. */
export function contentSecurityPolicy(nonce: string): string {
  const isDevelopment = process.env.NODE_ENV === "development";
  const api = new URL(settings().publicApiUrl).origin;
  return [
    "default-src 'self'",
    // React's development build evaluates strings.
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    `style-src 'self' ${isDevelopment ? "'unsafe-inline'" : `'nonce-${nonce}'`}`,
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
