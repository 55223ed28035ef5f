import Link from "next/link";
import { useRef } from "react";
import { usePath, useSession } from "@/features/auth/session-provider";
import { CopyButton } from "@/ui/copy-button";
import { Panel } from "@/ui/panel";
import { INSTALL, PACK } from "./sdk-package";

/** The empty state: how to send the first event. */
export function FirstEvent() {
  const { apiBaseUrl, scopes } = useSession();
  const keys = usePath()("settings/keys");
  const codeRef = useRef<HTMLPreElement>(null);
  return (
    <Panel title="No events in this period" className="px-4 pb-6 [&>div]:px-0">
      <p className="text-muted">Choose another date range, or send your first event with this code:</p>
      <pre ref={codeRef} className="mt-4 whitespace-pre-wrap rounded-md bg-raised p-4 font-mono text-xs/5">
        {firstCall(apiBaseUrl)}
      </pre>
      <p className="mt-4 text-sm text-muted">
        The package isn&apos;t published on npm yet. In a clone of the repository, run{" "}
        <code className="font-mono">{PACK}</code>, then install the file in your project with{" "}
        <code className="font-mono">{INSTALL}</code>.
      </p>
      <p className="mt-4 flex flex-wrap items-center gap-3 text-sm">
        <CopyButton of={codeRef} label="Copy code" />
        {scopes.includes("keys:manage") ? (
          <Link href={keys} className="underline underline-offset-2">
            Create an API key
          </Link>
        ) : (
          <span className="text-muted">Ask an admin of your organisation for an API key.</span>
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
