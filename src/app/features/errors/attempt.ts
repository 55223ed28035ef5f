/**
 * Return the result of a server action, or an error code if the dashboard's server didn't respond. Without this, the
 * page would be replaced by an error page, and the input of its forms would be lost.
 */
export async function attempt<T>(action: Promise<T>): Promise<T | "request_failed"> {
  try {
    return await action;
  } catch {
    return "request_failed";
  }
}
