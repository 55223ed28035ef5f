import type { GroupValue, Interval } from "@acme/analytics-sdk/insights";

export type Value = number | null;

/** Formats a number, or returns a dash if it is unknown. */
export type Format = (value: Value | undefined) => string;

/** From here, numbers of cards are abbreviated. */
const SHORT_FROM = 10_000_000;

/** The locale of numbers and dates if the app sets none. It is fixed, so that server and browser render the same text. */
const LOCALE = "en";

/** Return a function that formats numbers in the locale, such as `1,234.57`. */
export function numbers(locale: string = LOCALE, options?: Intl.NumberFormatOptions): Format {
  const hasDigits = options?.style === "currency" || options?.minimumFractionDigits !== undefined;
  const format = new Intl.NumberFormat(locale, {
    ...(!hasDigits && { maximumFractionDigits: 2 }),
    ...options,
  });
  return (value) => (value === null || value === undefined ? "–" : format.format(value));
}

/** Return a function that abbreviates numbers, such as `1.5K`. */
export function shortNumbers(locale: string = LOCALE, options?: Intl.NumberFormatOptions): Format {
  const digits = { minimumFractionDigits: undefined, maximumFractionDigits: undefined };
  return numbers(locale, { ...options, notation: "compact", ...digits });
}

/** Return a function that formats numbers in full, and abbreviates very large ones. */
export function headlines(locale?: string, options?: Intl.NumberFormatOptions): Format {
  const [full, short] = [numbers(locale, options), shortNumbers(locale, options)];
  return (value) => (Math.abs(value ?? 0) < SHORT_FROM ? full : short)(value);
}

/** Return a function that formats a share from 0 to 1, such as `12.5%`. */
export function shares(locale?: string, options?: Intl.NumberFormatOptions): Format {
  return numbers(locale, { style: "percent", maximumFractionDigits: 1, ...options });
}

/** Return a function that formats the change from an earlier value, such as `+12.5%`. */
export function changes(locale?: string): (value: Value, before: Value) => string {
  const format = shares(locale, { signDisplay: "exceptZero" });
  return (value, before) => {
    if (value === null || before === null) return format(null);
    if (before === 0) return value === 0 ? format(0) : "New";
    return format((value - before) / Math.abs(before));
  };
}

const DAY = { day: "numeric", month: "short" } as const;
const MONTH = { month: "short", year: "numeric" } as const;
const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

/** Return a function that formats the local time at which an interval begins for an axis, such as `25 Nov`. */
export function labels(interval: Interval, locale?: string): (bucket: string) => string {
  return dates(interval === "month" ? MONTH : interval === "hour" ? { ...DAY, ...TIME } : DAY, locale);
}

/** Return a function that formats an interval as a title, such as `Wed, 25 Nov 2026`. */
export function titles(interval: Interval, locale?: string): (bucket: string) => string {
  if (interval === "month") return dates(MONTH, locale);
  const weekday = interval === "week" ? undefined : "short";
  const format = dates({ weekday, ...DAY, year: "numeric", ...(interval === "hour" && TIME) }, locale);
  return (bucket) => (interval === "week" ? `Week of ${format(bucket)}` : format(bucket));
}

/** Return a function that formats a local time as it is, whatever its time zone is. */
function dates(options: Intl.DateTimeFormatOptions, locale: string = LOCALE): (local: string) => string {
  const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" });
  return (local) => format.format(new Date(local.slice(0, 16) + (local.length > 10 ? "Z" : "")));
}

/** Return the name of a group of a breakdown. */
export function nameOfGroup({ kind, value }: GroupValue): string {
  return kind === "value" ? String(value) : kind === "other" ? "All other values" : "Not set";
}

/** Return the name of a series or a step. */
export function nameOf(step: { readonly event_type?: string | null | undefined } | undefined): string {
  return step?.event_type ?? "All events";
}
