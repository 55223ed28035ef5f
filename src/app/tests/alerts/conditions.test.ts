import type { AlertCheck, AlertDescription } from "@acme/analytics-sdk";
import { expect, test } from "vitest";
import { textOfCondition, textOfDelivery, textOfState, textOfTest } from "../../features/alerts/conditions";

const CHECKED: AlertCheck = {
  status: "ok",
  disabled: false,
  checked_at: "2026-03-10T00:10:02.000000Z",
  interval_start: "2026-03-09",
  value: 1_200,
  previous_value: 1_000,
  error: null,
  pending_messages: 0,
  last_delivery: null,
};
const alert = (state: Partial<AlertCheck> = {}, enabled = true): AlertDescription => ({
  alert_id: "alert_1",
  name: "Few sign-ups",
  view_id: "view_1",
  condition: { type: "below", threshold: 10 },
  url: "https://hooks.acme.example",
  enabled,
  state: { ...CHECKED, ...state },
  created_by: "user_001",
  created_at: "",
  updated_at: "",
  version: "1",
});

test("a condition is read as a text", () => {
  expect(textOfCondition({ type: "above", threshold: 1_000 })).toBe("is above 1,000");
  expect(textOfCondition({ type: "below", threshold: -2.5 })).toBe("is below -2.5");
  expect(textOfCondition({ type: "increase", threshold: 12.5 })).toBe("increases by at least 12.5%");
  expect(textOfCondition({ type: "decrease", threshold: 30 })).toBe("decreases by at least 30%");
});

test("the state of an alert is read as a text", () => {
  expect(textOfState(alert())).toBe("OK at 1,200");
  expect(textOfState(alert({ status: "firing", value: null }))).toBe("Firing");
  expect(textOfState(alert({ checked_at: null }))).toBe("Not checked yet");
  expect(textOfState(alert({ error: "The view has two series." }))).toBe(
    "Can't be checked: The view has two series.",
  );
  expect(textOfState(alert({ disabled: true }))).toContain("410");
  expect(textOfState(alert({}, false))).toBe("Paused");
});

test("the last delivery is read as a text", () => {
  const delivery = { message_id: "msg_1", type: "alert.fired", response_status: 500, at: "" };
  const of = (more: object): AlertCheck => ({ ...CHECKED, last_delivery: { ...delivery, ...more } as never });
  expect(textOfDelivery(CHECKED)).toBe("");
  expect(textOfDelivery(of({ status: "delivered", error: "", attempts: 1 }))).toBe(
    "The last message was delivered.",
  );
  expect(textOfDelivery(of({ status: "retrying", error: "Status 500.", attempts: 1 }))).toBe(
    "The last message wasn't delivered in 1 attempt: Status 500. It will be sent again.",
  );
  expect(textOfDelivery(of({ status: "failed", error: "Status 500.", attempts: 9 }))).toContain(
    "in 9 attempts: Status 500. It won't be sent again.",
  );
});

test("the result of a test message is read as a text", () => {
  const sent = { message_id: "msg_1", duration_ms: 3 };
  expect(textOfTest({ ...sent, delivered: true, response_status: 204, error: null })).toContain("204");
  expect(textOfTest({ ...sent, delivered: false, response_status: 500, error: null })).toContain("500");
  expect(textOfTest({ ...sent, delivered: false, response_status: null, error: "No answer." })).toBe(
    "No answer.",
  );
});
