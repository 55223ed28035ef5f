import Link from "next/link";
import { useRef } from "react";
import { CopyButton } from "@/components/copy-button";
import { useSession } from "@/lib/session-client";
import { Panel } from "./panel";

/** Nothing has come in these days: how the first event is sent. */
export function FirstEvent() {
  const { apiBaseUrl, scopes } = useSession();
  const codeRef = useRef<HTMLPreElement>(null);
  return (
    <Panel title="No events in these days" className="px-4 pb-6 [&>div]:px-0">
      <p className="text-muted">Choose other days above, or send the first event from your app:</p>
      <pre ref={codeRef} className="mt-4 whitespace-pre-wrap rounded-md bg-raised p-4 font-mono text-xs/5">
        {firstCall(apiBaseUrl)}
      </pre>
      <p className="mt-4 flex flex-wrap items-center gap-3 text-sm">
        <CopyButton of={codeRef} label="Copy the code" />
        {scopes.includes("keys:manage") ? (
          <Link href="/keys" className="underline underline-offset-2">
            Get a key for it
          </Link>
        ) : (
          <span className="text-muted">An admin of your organisation has the key for it.</span>
        )}
      </p>
    </Panel>
  );
}

function firstCall(baseUrl: string): string {
  return `import { AnalyticsClient } from "@acme/analytics-sdk";

const analytics = new AnalyticsClient({
  apiKey: "pk_…",
  baseUrl: "${baseUrl}",
});

await analytics.trackEvent({
  event_type: "signed_up",
  user_id: "user_1",
  properties: { plan: "growth" },
});`;
}
