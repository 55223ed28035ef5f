import "server-only";
import type { ErrorCode } from "@/features/errors/error-messages";
import { actionToken, pageToken } from "./access-token";
import { ApiError, errorCodeOf } from "./auth-errors";

/** Read the data of a page in the organisation of its path. */
export async function pageData<T>(read: (access_token: string) => Promise<T>): Promise<T | ErrorCode> {
  try {
    return await read(await pageToken());
  } catch (error) {
    return errorCodeOf(error);
  }
}

/**
 * Call the API for an action in the organisation of its page's path. Return `invalid` if the API rejects the input.
 */
export async function act<T>(
  call: (access_token: string) => Promise<T>,
  invalid?: ErrorCode,
): Promise<T | ErrorCode> {
  try {
    return await call(await actionToken());
  } catch (error) {
    if (invalid && error instanceof ApiError && error.code === "invalid_payload") return invalid;
    return errorCodeOf(error);
  }
}
