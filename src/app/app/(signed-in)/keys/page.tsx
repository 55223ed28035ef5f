import type { Metadata } from "next";
import { AccessDeniedPage, ApiUnavailablePage } from "@/features/errors/error-pages";
import { Keys } from "@/features/keys/keys";
import { pageToken } from "@/server/access-token";
import { listKeys } from "@/server/analytics-api";
import { errorCodeOf } from "@/server/auth-errors";

export const metadata: Metadata = { title: "API keys" };

export default async function KeysPage() {
  const found = await keysOfSession().catch(errorCodeOf);
  if (found === "insufficient_scope") return <AccessDeniedPage />;
  if (typeof found === "string") return <ApiUnavailablePage />;
  return (
    <main className="mx-auto max-w-5xl space-y-6 px-3 py-6 sm:px-6">
      <h1 className="text-2xl font-semibold">API keys</h1>
      <Keys {...found} />
    </main>
  );
}

async function keysOfSession() {
  const { org_id, token } = await pageToken();
  return { renderedFor: org_id, rendered: await listKeys(token) };
}
