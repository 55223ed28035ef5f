/** The operations of the API that answer questions, with the SDK's function and the path of each. */
export const OPERATIONS = {
  trends: ["getTrends", "/api/v1/insights/trends"],
  funnel: ["getFunnel", "/api/v1/insights/funnels"],
  retention: ["getRetention", "/api/v1/insights/retention"],
} as const;

export type Operation = keyof typeof OPERATIONS;

/** Return a shell command that asks the API. The access token is in the variable TOKEN. */
export function curlOf(baseUrl: string, operation: Operation, query: object): string {
  const body = JSON.stringify(query).replaceAll("'", String.raw`'\''`);
  return [
    `curl '${baseUrl}${OPERATIONS[operation][1]}'`,
    `-H "Authorization: Bearer $TOKEN"`,
    `-H 'Content-Type: application/json'`,
    `-d '${body}'`,
  ].join(" \\\n  ");
}

/** Return TypeScript code that asks the API with the SDK. */
export function sdkCodeOf(baseUrl: string, operation: Operation, query: object): string {
  const [name] = OPERATIONS[operation];
  return `import { AnalyticsClient } from "@acme/analytics-sdk";
import { ${name} } from "@acme/analytics-sdk/insights";

const analytics = new AnalyticsClient({
  apiKey: process.env.ANALYTICS_API_KEY,
  baseUrl: ${JSON.stringify(baseUrl)},
});

const result = await ${name}(analytics, ${JSON.stringify(query, null, 2)});
`;
}
