import { comparedRange, USUAL_COMPARISON } from "@/features/filters/intervals";
import type { TimedQuestion } from "@/features/insights/address";
import { addDays, type DayRange, lengthOf } from "./days";

/** The longest range for which the API returns loaded metrics. */
export const LOADED_DAYS_MAX = 366;

/** Return the range and the earlier range whose loaded metrics are shown. A longer range is cut. */
export function loadedRanges({ dates: { range }, compare }: TimedQuestion): {
  readonly current: DayRange;
  readonly before: DayRange;
} {
  const { end_date } = range;
  const isTooLong = lengthOf(range) > LOADED_DAYS_MAX;
  const current = isTooLong ? { start_date: addDays(end_date, 1 - LOADED_DAYS_MAX), end_date } : range;
  return { current, before: comparedRange(current, compare === "off" ? USUAL_COMPARISON : compare) };
}
