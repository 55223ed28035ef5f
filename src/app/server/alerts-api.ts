import "server-only";
import type { AlertChange, AlertDescription, AlertSecret, AlertTest, NewAlert } from "@acme/analytics-sdk";
import { bearer, post } from "./analytics-api";
import { allPages, ifMatch, remove } from "./views-api";

// The API operations for alerts, which the SDK doesn't offer.

const ALERTS = "/api/v1/alerts";

/** Return the alerts of all views, newest first. */
export function listAlerts(access_token: string): Promise<readonly AlertDescription[]> {
  return allPages(ALERTS, access_token);
}

/** Create an alert. The API returns its secret only in this response. */
export function createAlert(access_token: string, alert: NewAlert): Promise<AlertSecret> {
  return post(ALERTS, alert, bearer(access_token));
}

/** Change the version of an alert that the page shows. */
export function updateAlert(
  access_token: string,
  { alert_id, version }: AlertDescription,
  change: AlertChange,
): Promise<AlertDescription> {
  return post(`${ALERTS}/${alert_id}`, change, ifMatch(access_token, version), "PATCH");
}

/** Delete an alert. It may be deleted already. */
export function deleteAlert(access_token: string, alert_id: string): Promise<void> {
  return remove(`${ALERTS}/${alert_id}`, access_token);
}

/** Send a test message to the endpoint of an alert. */
export function testAlert(access_token: string, alert_id: string): Promise<AlertTest> {
  return post(`${ALERTS}/${alert_id}/test`, {}, bearer(access_token));
}
