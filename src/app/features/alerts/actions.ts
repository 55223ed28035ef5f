"use server";

import type { AlertChange, AlertDescription, AlertSecret, AlertTest, NewAlert } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { createAlert, deleteAlert, listAlerts, testAlert, updateAlert } from "@/server/alerts-api";
import { act } from "@/server/page-data";

/** Return the alerts on a view, newest first. */
export async function alertsOf(view_id: string): Promise<readonly AlertDescription[] | ErrorCode> {
  return act(async (token) => (await listAlerts(token)).filter((alert) => alert.view_id === view_id));
}

/** Create an alert. */
export async function addAlert(alert: NewAlert): Promise<AlertSecret | ErrorCode> {
  return act((token) => createAlert(token, alert), "invalid_alert");
}

/** Change an alert, unless somebody has changed it since it was read. */
export async function changeAlert(
  alert: AlertDescription,
  change: AlertChange,
): Promise<AlertDescription | ErrorCode> {
  return act((token) => updateAlert(token, alert, change), "invalid_alert");
}

/** Delete an alert. */
export async function removeAlert(alert_id: string): Promise<"removed" | ErrorCode> {
  return act(async (token) => {
    await deleteAlert(token, alert_id);
    return "removed" as const;
  });
}

/** Send a test message to the endpoint of an alert. */
export async function sendTest(alert_id: string): Promise<AlertTest | ErrorCode> {
  return act((token) => testAlert(token, alert_id));
}
