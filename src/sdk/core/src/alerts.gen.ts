// Generated from the API's OpenAPI document by `make sdk-types`. Do not edit.

/** The fields of an alert to change. The others remain as they are. */
export interface AlertChange {
  /** A paused alert is not checked and sends no messages */
  readonly enabled?: boolean | undefined;
  readonly name?: string | undefined;
  readonly condition?: AlertCondition | undefined;
  readonly url?: string | undefined;
}

/** The result of the last check. */
export interface AlertCheck {
  readonly status: "ok" | "firing";
  /** Whether the endpoint responded with 410, so that the alert is not checked until it is changed */
  readonly disabled: boolean;
  /** Null before the first check */
  readonly checked_at: string | null;
  /** The start of the interval that was checked */
  readonly interval_start: string | null;
  readonly value: number | null;
  /** The value of the interval before */
  readonly previous_value: number | null;
  /** Why the last check failed */
  readonly error: string | null;
  /** The messages that wait for their next attempt */
  readonly pending_messages: number;
  readonly last_delivery: AlertDelivery | null;
}

/** The condition that an alert checks on the last complete interval of its view. */
export interface AlertCondition {
  /** `above` and `below` compare the value with the threshold. `increase` and `decrease` compare its change since the interval before, in percent */
  readonly type: "above" | "below" | "increase" | "decrease";
  /** A value, or a percentage greater than 0 */
  readonly threshold: number;
}

/** The result of the last attempt to deliver a message. */
export interface AlertDelivery {
  readonly message_id: string;
  readonly type: string;
  readonly status: "delivered" | "retrying" | "failed";
  /** Null if the endpoint didn't respond */
  readonly response_status: number | null;
  /** Empty if the message was delivered */
  readonly error: string;
  readonly attempts: number;
  readonly at: string;
}

/** An alert, and what its last check found. */
export interface AlertDescription {
  readonly alert_id: string;
  readonly name: string;
  readonly view_id: string;
  readonly condition: AlertCondition;
  readonly url: string;
  readonly enabled: boolean;
  readonly state: AlertCheck;
  /** The user_id of the member who created it */
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** The ETag without its quotation marks */
  readonly version: string;
}

/** A page of the organisation's alerts, newest first. Only a null cursor ends the list. */
export interface AlertList {
  readonly data: readonly AlertDescription[];
  readonly next_cursor: string | null;
}

/** An alert with the new secret that signs its messages. The secret is shown only once. */
export interface AlertSecret {
  readonly alert_id: string;
  readonly name: string;
  readonly view_id: string;
  readonly condition: AlertCondition;
  readonly url: string;
  readonly enabled: boolean;
  readonly state: AlertCheck;
  /** The user_id of the member who created it */
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** The ETag without its quotation marks */
  readonly version: string;
  readonly secret: string;
}

/** The response of the endpoint to a test message. */
export interface AlertTest {
  readonly message_id: string;
  /** Whether the endpoint responded with a status of 2xx */
  readonly delivered: boolean;
  /** Null if the endpoint didn't respond */
  readonly response_status: number | null;
  /** Why there was no response */
  readonly error: string | null;
  readonly duration_ms: number;
}

/** The query of `list_alerts`. */
export interface ListAlertsQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** A condition on a saved view, and the endpoint to notify. */
export interface NewAlert {
  /** A paused alert is not checked and sends no messages */
  readonly enabled?: boolean | undefined;
  readonly name: string;
  /** A view of the Overview, or of Explore with one series and no breakdown */
  readonly view_id: string;
  readonly condition: AlertCondition;
  /** The endpoint that gets messages as Standard Webhooks */
  readonly url: string;
}
