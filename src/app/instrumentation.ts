/** A server that lacks a setting does not start. */
export async function register(): Promise<void> {
  if (process.env["NEXT_RUNTIME"] !== "nodejs") return;
  const { settings } = await import("./lib/server/settings");
  settings();
}
