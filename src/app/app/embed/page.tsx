import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { SharedSession } from "@/features/auth/shared-session";
import { readSession } from "@/server/session";
import { settings } from "@/server/settings";
import { Embed } from "./embed";
import { Gallery } from "./gallery";

export const metadata: Metadata = { title: "Components" };

/**
 * The components of the React package in a page without the dashboard's frame, as other teams use them: a table with
 * the organisation's events, and all others with made-up data in every state.
 */
export default async function EmbedPage() {
  const session = await readSession();
  if (!session) redirect("/sign-in?return=/embed");
  return (
    <main className="space-y-4 p-4">
      <SharedSession user_id={session.user.id} />
      <h1 className="text-xl font-semibold">Components</h1>
      <Embed org_id={session.org_id} apiBaseUrl={settings().publicApiUrl} />
      {/* oxlint-disable-next-line react/purity -- a server component is rendered once */}
      <Gallery rendered={Date.now()} />
    </main>
  );
}
