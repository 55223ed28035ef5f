import type { Change } from "./change";
import type { Day, DayRange } from "./days";

/** One language, as the rest of the page has it: server and browser write the same. */
const NUMBERS = "en";
/** Day before month. */
const DAYS = "en-GB";

const whole = new Intl.NumberFormat(NUMBERS, { maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(NUMBERS, { notation: "compact", maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(NUMBERS, {
  style: "percent",
  maximumFractionDigits: 1,
  signDisplay: "exceptZero",
});
const share = new Intl.NumberFormat(NUMBERS, { style: "percent", maximumFractionDigits: 1 });
const weekday = dayFormat({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
const dayAndMonth = dayFormat({ day: "numeric", month: "short" });
const dayMonthYear = dayFormat({ day: "numeric", month: "short", year: "numeric" });

/** From here cards show `1.2M`. */
const SHORT_FROM = 10_000_000;
/** From here cards leave the decimals out. */
const WHOLE_FROM = 10_000;

export function formatNumber(value: number | null): string {
  return value === null ? "–" : whole.format(value);
}

/** With the digits that matter: `1,234.57`, `136,901`, `12.5M`. */
export function formatHeadline(value: number | null): string {
  const size = Math.abs(value ?? 0);
  if (value !== null && size >= SHORT_FROM) return short.format(value);
  return formatNumber(value !== null && size >= WHOLE_FROM ? Math.round(value) : value);
}

/** For an axis: `1.5K`. */
export function formatTick(value: number): string {
  return short.format(value);
}

export function formatShare(part: number, total: number): string {
  return share.format(total ? part / total : 0);
}

/** `+12.5%`, `New`, or a dash when there is nothing to compare with. */
export function formatChange(change: Change): string {
  if (change.kind === "percent") return percent.format(change.ratio);
  return change.kind === "new" ? "New" : "–";
}

/** `Wed, 25 Nov 2026` */
export function formatDay(day: Day): string {
  return weekday.format(new Date(day));
}

/** `25 Nov` */
export function formatShortDay(day: Day): string {
  return dayAndMonth.format(new Date(day));
}

/** `27 Oct – 25 Nov 2026` */
export function formatRange({ start_date, end_date }: DayRange): string {
  if (start_date === end_date) return dayMonthYear.format(new Date(start_date));
  const first = start_date.slice(0, 4) === end_date.slice(0, 4) ? dayAndMonth : dayMonthYear;
  return `${first.format(new Date(start_date))} – ${dayMonthYear.format(new Date(end_date))}`;
}

/** `UTC+1`, the reader's zone. Only a browser knows it. */
export function formatZone(offsetMinutes: number): string {
  const [hours, minutes] = [Math.trunc(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
  const sign = offsetMinutes <= 0 ? "+" : "−"; // as Date has it: minutes that UTC is ahead
  return hours || minutes
    ? `UTC${sign}${hours}${minutes ? `:${String(minutes).padStart(2, "0")}` : ""}`
    : "UTC";
}

function dayFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(DAYS, { ...options, timeZone: "UTC" });
}
