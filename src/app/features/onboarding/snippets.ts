import { REACT_SDK, SDK } from "./sdk-package";

interface Snippet {
  readonly title: string;
  /** The packages that the code needs. */
  readonly needs?: typeof SDK;
  /** Whether the code runs in pages, whose origins the API must allow. */
  readonly isForPages?: boolean;
  readonly code: (apiKey: string, baseUrl: string) => string;
}

/** What stands for the key until one is created. */
export const PLACEHOLDER = "pk_…";

const BUTTON = `export function SignUpButton() {
  const trackEvent = useTrackEvent();
  return (
    <button onClick={() => void trackEvent({ event_type: "signed_up", user_id: "user_1" })}>
      Sign up
    </button>
  );
}`;

/** The code that sends a first event, by framework. */
export const SNIPPETS = {
  next: {
    title: "Next.js",
    needs: REACT_SDK,
    isForPages: true,
    code: (apiKey, baseUrl) => `// app/analytics.tsx; put <Analytics> around {children} in app/layout.tsx
"use client";

import { AnalyticsProvider, useTrackEvent } from "@acme/analytics-react";
import type { ReactNode } from "react";

export function Analytics({ children }: { children: ReactNode }) {
  return (
    <AnalyticsProvider apiKey="${apiKey}" baseUrl="${baseUrl}">
      {children}
    </AnalyticsProvider>
  );
}

${BUTTON}`,
  },
  react: {
    title: "React",
    needs: REACT_SDK,
    isForPages: true,
    code: (apiKey, baseUrl) => `import { AnalyticsProvider, useTrackEvent } from "@acme/analytics-react";

export function App() {
  return (
    <AnalyticsProvider apiKey="${apiKey}" baseUrl="${baseUrl}">
      <SignUpButton />
    </AnalyticsProvider>
  );
}

${BUTTON}`,
  },
  node: {
    title: "Node",
    needs: SDK,
    code: (apiKey, baseUrl) => `import { AnalyticsClient } from "@acme/analytics-sdk";

const analytics = new AnalyticsClient({
  apiKey: "${apiKey}",
  baseUrl: "${baseUrl}",
});

await analytics.trackEvent({
  event_type: "signed_up",
  user_id: "user_1",
  properties: { plan: "growth" },
});
await analytics.close();`,
  },
  curl: {
    title: "curl",
    code: (apiKey, baseUrl) => `curl ${baseUrl}/api/v1/events/beacon -H 'Content-Type: text/plain' -d @- <<END
{"api_key": "${apiKey}", "events": [{
  "event_id": "$(date +%s)", "event_type": "signed_up", "user_id": "user_1",
  "timestamp": "$(date -u +%Y-%m-%dT%H:%M:%SZ)", "properties": {"plan": "growth"}
}]}
END`,
  },
} as const satisfies Readonly<Record<string, Snippet>>;

export type Framework = keyof typeof SNIPPETS;

/** Return the snippet of a framework. */
export function snippetOf(framework: Framework): Snippet {
  return SNIPPETS[framework];
}
