import type { ErrorMessage } from "@/features/errors/error-messages";

type Origins = { readonly origins: readonly string[] } | { readonly error: ErrorMessage };

const ORIGINS_MAX = 10;

/** The hosts that the API accepts. URLs contain them in lower case, and encoded if they are international. */
const HOST = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** Return the origins of the addresses in a text, or a message that says which address to correct, and how. */
export function originsFrom(text: string): Origins {
  const addresses = text.split(/[\s,]+/).filter(Boolean);
  const fault = addresses.map(faultOf).find((found) => found !== undefined);
  if (fault) return { error: { title: "Check the allowed origins", text: fault } };
  const origins = [...new Set(addresses.map((address) => new URL(address).origin))];
  if (origins.length > ORIGINS_MAX)
    return {
      error: {
        title: `A key has at most ${ORIGINS_MAX} allowed origins`,
        text: `Remove ${origins.length - ORIGINS_MAX}.`,
      },
    };
  return { origins };
}

/** Return what is wrong with an address, and how to correct it. */
function faultOf(address: string): string | undefined {
  if (address.includes("*")) return `“${address}” contains a wildcard. Enter each origin separately.`;
  if (!/^https?:\/\//i.test(address)) return faultOfScheme(address);
  const origin = originOf(address);
  if (!origin) return `“${address}” isn't a valid address. Enter an origin such as https://shop.example.`;
  const { href } = new URL(address);
  return href === `${origin}/` ? undefined : `“${address}” is more than an origin. Enter ${origin} instead.`;
}

function faultOfScheme(address: string): string {
  const scheme = /^(?:localhost|127\.)/i.test(address) ? "http" : "https";
  const origin = address.includes("://") ? undefined : originOf(`${scheme}://${address.replace(/^\/+/, "")}`);
  return origin
    ? `“${address}” has no scheme. Enter ${origin} instead.`
    : `“${address}” must begin with https:// or http://.`;
}

/** Return the origin of an address, or undefined if the API doesn't accept it. */
function originOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { hostname, origin } = new URL(address);
  return HOST.test(hostname) ? origin : undefined;
}
