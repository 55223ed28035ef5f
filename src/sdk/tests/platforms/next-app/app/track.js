import { AnalyticsClient } from "@acme/analytics-sdk";
import { after } from "next/server";

/** A route handler that responds immediately. Its events are delivered after the response. */
export async function track(request) {
  const { searchParams } = new URL(request.url);
  const client = new AnalyticsClient({
    apiKey: "ak_local_acme",
    baseUrl: process.env.API_URL,
    waitUntil: after,
  });
  for (let number = 0; number < 7; number++) {
    const properties = { number, text: "x".repeat(500) }; // large enough for compression
    void client.trackEvent({ event_type: searchParams.get("type"), user_id: "user_of_a_route", properties });
  }
  return Response.json(client.stats);
}
