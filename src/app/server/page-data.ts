import "server-only";
import type { ErrorCode } from "@/features/errors/error-messages";
import { actionToken, pageToken } from "./access-token";
import { ApiError, errorCodeOf } from "./auth-errors";

/** What the server read for a page. */
export interface PageData<T> {
  /** The organisation in the session cookie. It differs from a tab's organisation if another tab has switched. */
  readonly renderedFor: string;
  readonly rendered: T;
}

/** Read the data of a page in the session's organisation. */
export async function pageData<T>(
  read: (access_token: string) => Promise<T>,
): Promise<PageData<T> | ErrorCode> {
  try {
    const { org_id, token } = await pageToken();
    return { renderedFor: org_id, rendered: await read(token) };
  } catch (error) {
    return errorCodeOf(error);
  }
}

/**
 * Call the API for an action in the organisation that its tab shows. The organisation in the cookie can't be used,
 * because another tab may have switched it. Return `invalid` if the API rejects the input.
 */
export async function actIn<T>(
  org_id: string,
  act: (access_token: string) => Promise<T>,
  invalid?: ErrorCode,
): Promise<T | ErrorCode> {
  try {
    return await act(await actionToken(org_id));
  } catch (error) {
    if (invalid && error instanceof ApiError && error.code === "invalid_payload") return invalid;
    return errorCodeOf(error);
  }
}
