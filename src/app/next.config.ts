import { fileURLToPath } from "node:url";
import type { NextConfig } from "next";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const SECURITY_HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
  "Referrer-Policy": "same-origin",
  "Strict-Transport-Security": "max-age=31536000",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** The address of a share link is a secret, so neither other sites nor search engines may get it. */
const SHARED_HEADERS = {
  "Referrer-Policy": "no-referrer",
  "X-Robots-Tag": "noindex, nofollow",
};

function listOf(headers: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(headers).map(([key, value]) => ({ key, value }));
}

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: ROOT,
  turbopack: { root: ROOT },
  poweredByHeader: false,
  devIndicators: false,
  headers: async () => [
    {
      source: "/:path*",
      headers: listOf(SECURITY_HEADERS),
    },
    { source: "/s/:path*", headers: listOf(SHARED_HEADERS) },
  ],
  // Browsers request this address before they have read the document's own icon.
  rewrites: async () => [{ source: "/favicon.ico", destination: "/icon.svg" }],
  allowedDevOrigins: ["127.0.0.1"],
  // Larger than any form of the dashboard. By default Next buffers 10 MB of any request for the proxy.
  experimental: { proxyClientMaxBodySize: "64kb", serverActions: { bodySizeLimit: "64kb" } },
};

export default config;
