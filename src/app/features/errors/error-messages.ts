import {
  type AnalyticsError,
  AuthenticationError,
  NetworkError,
  PermissionError,
  RateLimitError,
  ServerError,
} from "@acme/analytics-sdk";

export interface ErrorMessage {
  readonly title: string;
  /** What the reader can do. */
  readonly text: string;
}

/** Every expected error: its status in responses of this server, and its message in pages. */
export const ERRORS = {
  session_ended: { status: 401, title: "Your session has ended", text: "Sign in again to continue." },
  sign_in_failed: {
    status: 401,
    title: "Sign-in failed",
    text: "Try again. If the problem persists, contact your administrator.",
  },
  not_a_member: {
    status: 403,
    title: "You aren't a member of this organisation",
    text: "Ask an admin of the organisation to add you.",
  },
  insufficient_scope: {
    status: 403,
    title: "You don't have access to this page",
    text: "Ask an admin of the organisation to change your role.",
  },
  organization_suspended: {
    status: 403,
    title: "This organisation is suspended",
    text: "Its data is kept. Ask your service operator to resume the organisation.",
  },
  owner_required: {
    status: 403,
    title: "Only owners can do this",
    text: "Ask an owner of the organisation to add, change or remove owners.",
  },
  last_owner: {
    status: 409,
    title: "The only owner can't leave or get another role",
    text: "Make another member an owner first.",
  },
  invalid_timezone: {
    status: 422,
    title: "Unsupported time zone",
    text: "Choose another time zone with the same offset.",
  },
  already_exists: {
    status: 409,
    title: "This person is already a member",
    text: "Change the member's role in the list of members instead.",
  },
  not_found: {
    status: 404,
    title: "This entry no longer exists",
    text: "Somebody else may have removed it. Reload the page to see the current list.",
  },
  invitation_invalid: {
    status: 403,
    title: "This invitation is no longer valid",
    text: "Ask an admin of the organisation for a new one.",
  },
  invitation_expired: {
    status: 403,
    title: "This invitation has expired",
    text: "Ask an admin of the organisation for a new one.",
  },
  email_not_verified: {
    status: 403,
    title: "Your e-mail address isn't verified",
    text: "Verify it with your identity provider, then sign in again.",
  },
  email_mismatch: {
    status: 403,
    title: "This invitation is for another e-mail address",
    text: "Sign in with the e-mail address that was invited.",
  },
  sign_up_closed: {
    status: 403,
    title: "You can't create an organisation",
    text: "Only the operator of this service can create organisations.",
  },
  organization_limit_reached: {
    status: 422,
    title: "Limit of 3 organisations per person reached",
    text: "Ask the operator of this service to create another organisation for you.",
  },
  invitation_limit_reached: {
    status: 422,
    title: "Limit of 100 open invitations reached",
    text: "To invite more people, first revoke invitations that are expired or no longer needed.",
  },
  invalid_invitation: {
    status: 422,
    title: "Check the e-mail address",
    text: "Enter an address such as ada@acme.example.",
  },
  view_limit_reached: {
    status: 422,
    title: "Limit of 200 saved views reached",
    text: "To save a new view, first delete views that nobody uses.",
  },
  board_limit_reached: {
    status: 422,
    title: "Limit of 50 boards reached",
    text: "To create a new board, first delete boards that nobody uses.",
  },
  annotation_limit_reached: {
    status: 422,
    title: "Limit of 500 annotations reached",
    text: "To write a new annotation, first delete annotations that nobody needs.",
  },
  invalid_annotation: {
    status: 422,
    title: "Check the time and the text",
    text: "Enter up to 400 characters, and no control characters.",
  },
  share_limit_reached: {
    status: 422,
    title: "Limit of 100 share links reached",
    text: "To create a new link, first revoke links that nobody uses.",
  },
  view_not_shareable: {
    status: 422,
    title: "This view can't be shared",
    text: "Only views of Overview, Explore, Funnels and Retention can be shared.",
  },
  alert_limit_reached: {
    status: 422,
    title: "Limit of 50 alerts reached",
    text: "To create a new alert, first delete alerts that nobody needs.",
  },
  alert_unsupported: {
    status: 422,
    title: "This view can't have alerts",
    text: "Alerts watch one number: a counted measure of Overview, or one series of Explore without a breakdown.",
  },
  endpoint_invalid: {
    status: 422,
    title: "Invalid URL",
    text: "Enter the https URL of a public endpoint, without credentials.",
  },
  invalid_alert: {
    status: 422,
    title: "Invalid alert",
    text: "Enter a name without control characters, and a threshold. A percentage must be greater than 0.",
  },
  state_too_long: {
    status: 422,
    title: "This page can't be saved",
    text: "It has too many filters, series or steps. Remove some of them.",
  },
  saved_unavailable: {
    status: 503,
    title: "Boards and saved views can't be loaded",
    text: "Try again in a moment.",
  },
  precondition_failed: {
    status: 412,
    title: "Somebody else has made a change",
    text: "Reload the page to see the current version, then repeat your change.",
  },
  invalid_parameter: {
    status: 400,
    title: "Invalid filter",
    text: "Enter an ID without control characters.",
  },
  invalid_name: {
    status: 422,
    title: "Enter a valid name",
    text: "A name can't be blank, and can't contain line breaks or other control characters.",
  },
  blank_name: { status: 422, title: "Enter a name", text: "The name of a key can't be blank." },
  invalid_origins: {
    status: 422,
    title: "Check the allowed origins",
    text: "Enter up to 10 origins such as https://shop.example, separated by spaces.",
  },
  key_limit_reached: {
    status: 422,
    title: "Limit of 100 API keys reached",
    text: "To create a new key, first revoke keys that are expired or unused.",
  },
  request_failed: {
    status: 500,
    title: "The request failed",
    text: "Check your connection, and try again. If the problem persists, reload the page.",
  },
  rate_limited: { status: 429, title: "Too many requests", text: "This page retries automatically." },
  api_unavailable: {
    status: 503,
    title: "The API is unavailable",
    text: "Your data is safe. Try again in a moment.",
  },
  provider_unavailable: {
    status: 503,
    title: "The identity provider is unavailable",
    text: "Try again in a moment.",
  },
} as const satisfies Readonly<Record<string, ErrorMessage & { readonly status: number }>>;

export type ErrorCode = keyof typeof ERRORS;

/** Return the message of an error code from a URL, or undefined if the code is unknown. */
export function messageOf(code: string): ErrorMessage | undefined {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined;
}

/** Return the message of an error as one text. */
export function textOf(code: ErrorCode): string {
  return `${ERRORS[code].title}. ${ERRORS[code].text}`;
}

/** Return the first error that a page must report, if any. */
export function firstToReport(errors: readonly (AnalyticsError | undefined)[]): AnalyticsError | undefined {
  return errors.find((error) => error && !isReportedByBanner(error));
}

/** Return whether the session's banner already reports this error of the SDK. */
export function isReportedByBanner(error: AnalyticsError): boolean {
  const reason = error.code === "token" && error.cause instanceof Error ? error.cause.cause : undefined;
  return reason === "session_ended" || reason === "not_a_member" || reason === "organization_suspended";
}

/** Return the message of an error of the SDK. */
export function messageOfError(error: AnalyticsError): ErrorMessage {
  if (error.code === "query_too_expensive")
    return {
      title: "This question needs too much time or memory",
      text: "Choose a shorter range, or fewer series, steps, groups or values.",
    };
  if (error.code === "lake_unavailable")
    return {
      title: "Insights aren't available",
      text: "The event lake can't be read at the moment. Daily metrics can't be filtered.",
    };
  if (error.code === "cors")
    return { title: "The API doesn't allow requests from this page", text: error.message };
  if (error instanceof NetworkError || error instanceof ServerError) return ERRORS.api_unavailable;
  if (error instanceof AuthenticationError) return ERRORS.session_ended;
  if (error.code === "organization_suspended") return ERRORS.organization_suspended;
  if (error instanceof PermissionError) return ERRORS.insufficient_scope;
  if (error instanceof RateLimitError) return ERRORS.rate_limited;
  return { title: "The data couldn't be loaded", text: error.message };
}
