import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { readSession } from "@/lib/server/session";
import { settings } from "@/lib/server/settings";
import { Embed } from "./embed";

export const metadata: Metadata = { title: "Events" };

/** `<EventsTable />` as another team's page would have it: nothing of the dashboard around it. */
export default async function EmbedPage() {
  const session = await readSession();
  if (!session) redirect("/sign-in?return=/embed");
  return (
    <main className="space-y-4 p-4">
      <h1 className="text-xl font-semibold">Events</h1>
      <Embed org_id={session.org_id} apiBaseUrl={settings().publicApiUrl} />
    </main>
  );
}
