import type { Today } from "@/features/dashboard/days";
import { Parameters, type Question, type Read } from "@/features/insights/address";

/** Read the question of an address. */
export function questionFrom(search: URLSearchParams, today: Today): Read<Question> {
  const parameters = new Parameters(search);
  return { state: parameters.question(today), problems: parameters.problems };
}
