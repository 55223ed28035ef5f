import type { AlertCheck, AlertCondition, AlertDescription, AlertTest } from "@acme/analytics-sdk";
import { formatNumber } from "@/features/dashboard/format";

/** The conditions, as the form shows them. */
export const CONDITIONS: Readonly<Record<AlertCondition["type"], string>> = {
  above: "is above",
  below: "is below",
  increase: "increases by at least (%)",
  decrease: "decreases by at least (%)",
};

/** Return a condition as people read it: `is above 1,000`, `decreases by at least 30%`. */
export function textOfCondition({ type, threshold }: AlertCondition): string {
  const value = formatNumber(threshold);
  const title = CONDITIONS[type];
  return title.endsWith(" (%)") ? `${title.slice(0, -" (%)".length)} ${value}%` : `${title} ${value}`;
}

/** Return the state of an alert as people read it. */
export function textOfState({ enabled, state }: AlertDescription): string {
  if (!enabled) return "Paused";
  if (state.disabled)
    return "Stopped, because the endpoint responded with the status 410. Change or resume the alert.";
  if (state.error !== null) return `Can't be checked: ${state.error}`;
  if (state.checked_at === null) return "Not checked yet";
  const value = state.value === null ? "" : ` at ${formatNumber(state.value)}`;
  return state.status === "firing" ? `Firing${value}` : `OK${value}`;
}

/** Return what happened to the last message, or an empty text if there was none. */
export function textOfDelivery({ last_delivery }: AlertCheck): string {
  if (!last_delivery) return "";
  const { status, error, attempts } = last_delivery;
  if (status === "delivered") return "The last message was delivered.";
  const next = status === "retrying" ? "It will be sent again." : "It won't be sent again.";
  return `The last message wasn't delivered in ${attempts} ${attempts === 1 ? "attempt" : "attempts"}: ${error} ${next}`;
}

/** Return the result of a test message. */
export function textOfTest({ delivered, response_status, error }: AlertTest): string {
  if (delivered) return `The endpoint accepted the test message with the status ${response_status}.`;
  return error ?? `The endpoint refused the test message with the status ${response_status}.`;
}
