import { localTime } from "@/features/clock/zones";
import type { Change } from "./changes";
import type { Day, DayRange } from "./days";

/** A fixed locale, so that server and browser render the same text. */
const NUMBERS = "en";
/** The only locale of dates. It puts the day before the month. */
const DAYS = "en-GB";

const numbers = formatsOf({ maximumFractionDigits: 2 });
const amounts = new Map<string, Formats>();
const percent = new Intl.NumberFormat(NUMBERS, {
  style: "percent",
  maximumFractionDigits: 1,
  signDisplay: "exceptZero",
});
const share = new Intl.NumberFormat(NUMBERS, { style: "percent", maximumFractionDigits: 1 });
const weekday = dayFormat({ weekday: "short" });
const dayAndMonth = dayFormat({ day: "numeric", month: "short" });
const monthAndYear = dayFormat({ month: "long", year: "numeric" });
const shortMonth = dayFormat({ month: "short", year: "numeric" });
const dayMonthYear = dayFormat({ day: "numeric", month: "short", year: "numeric" });

/** Cards abbreviate values from here: `12.5M`. */
const SHORT_FROM = 10_000_000;
/** Cards round values from here to whole numbers. */
const WHOLE_FROM = 10_000;

interface Formats {
  readonly whole: Intl.NumberFormat;
  readonly short: Intl.NumberFormat;
}

/** Format as `1,234.57`, as `$1,234.50` in a currency, or as a dash if the value is unknown. */
export function formatNumber(value: number | null, currency?: string | null): string {
  return value === null ? "–" : formatsIn(currency).whole.format(value);
}

/** Format a card's value: `1,234.57`, `136,901`, `12.5M`, `$12.5M`. */
export function formatHeadline(value: number | null, currency?: string | null): string {
  const size = Math.abs(value ?? 0);
  if (value !== null && size >= SHORT_FROM) return formatsIn(currency).short.format(value);
  return formatNumber(value !== null && size >= WHOLE_FROM ? Math.round(value) : value, currency);
}

/** Format a tick of an axis: `1.5K`, `$1.5K`. */
export function formatTick(value: number, currency?: string | null): string {
  return formatsIn(currency).short.format(value);
}

/** Format a part of a total as a percentage. */
export function formatShare(part: number, total: number): string {
  return share.format(total ? part / total : 0);
}

/** Format as `+12.5%`, as `New`, or as a dash if a value is unknown. */
export function formatChange(change: Change): string {
  if (change.kind === "percent") return percent.format(change.ratio);
  return change.kind === "new" ? "New" : "–";
}

/** Format as `25 Nov 2026`. */
export function formatDay(day: Day): string {
  return dayMonthYear.format(new Date(day.slice(0, 10)));
}

/** Format a time as the local time `30 Nov 2026, 09:30:00`. */
export function formatTime(time: string, zone: string): string {
  const local = localTime(time, zone);
  return `${formatDay(local)}, ${local.slice(11)}`;
}

/** Format as `Wed, 25 Nov 2026`. */
export function formatWeekday(day: Day): string {
  return `${weekday.format(new Date(day))}, ${formatDay(day)}`;
}

/** Format as `25 Nov`. */
export function formatShortDay(day: Day): string {
  return dayAndMonth.format(new Date(day));
}

/** Format a month such as `2026-11` as `November 2026`. */
export function formatMonth(month: string): string {
  return monthAndYear.format(new Date(month));
}

/** Format the month of a day as `Nov 2026`. */
export function formatShortMonth(day: Day): string {
  return shortMonth.format(new Date(day));
}

/** Format as `27 Oct – 25 Nov 2026`. */
export function formatRange({ start_date, end_date }: DayRange): string {
  if (start_date === end_date) return formatDay(start_date);
  const first = start_date.slice(0, 4) === end_date.slice(0, 4) ? dayAndMonth : dayMonthYear;
  return `${first.format(new Date(start_date))} – ${formatDay(end_date)}`;
}

/** Return the formats of numbers, or of amounts in a currency, which is a code of ISO 4217. */
function formatsIn(currency: string | null | undefined): Formats {
  if (!currency) return numbers;
  const formats =
    amounts.get(currency) ??
    formatsOf({ style: "currency", currency, trailingZeroDisplay: "stripIfInteger" });
  amounts.set(currency, formats);
  return formats;
}

function formatsOf(options: Intl.NumberFormatOptions): Formats {
  return {
    whole: new Intl.NumberFormat(NUMBERS, options),
    short: new Intl.NumberFormat(NUMBERS, { ...options, notation: "compact", maximumFractionDigits: 1 }),
  };
}

function dayFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(DAYS, { ...options, timeZone: "UTC" });
}
