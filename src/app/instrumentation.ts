/** Check the settings when the server starts. */
export async function register(): Promise<void> {
  if (process.env["NEXT_RUNTIME"] !== "nodejs") return;
  const { settings } = await import("./server/settings");
  settings();
}
