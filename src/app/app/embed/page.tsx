import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { SharedSession } from "@/features/auth/shared-session";
import { readSession } from "@/server/session";
import { settings } from "@/server/settings";
import { Embed } from "./embed";

export const metadata: Metadata = { title: "Events" };

/** `<EventsTable>` embedded in a page without the dashboard's frame, as other teams use it. */
export default async function EmbedPage() {
  const session = await readSession();
  if (!session) redirect("/sign-in?return=/embed");
  return (
    <main className="space-y-4 p-4">
      <SharedSession user_id={session.user.id} />
      <h1 className="text-xl font-semibold">Events</h1>
      <Embed org_id={session.org_id} apiBaseUrl={settings().publicApiUrl} />
    </main>
  );
}
