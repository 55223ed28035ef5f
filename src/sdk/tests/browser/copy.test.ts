import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { hasChromium, open, Pages } from "../support/chromium.ts";

const SCRIPT = `
  import { AnalyticsProvider } from "@acme/analytics-react";
  import { EventsTable } from "@acme/analytics-react/table";
  import { createRoot } from "react-dom/client";

  const event = { event_id: "e-1", event_type: "copied", user_id: "u", timestamp: "2026-01-01T00:00:00Z", properties: {} };
  const fetch = async (url) => Response.json(url.endsWith("/token") ? {} : { data: [event], next_cursor: null });
  const root = document.getElementById("root");

  if (location.hash) {
    createRoot(root).render(
      <AnalyticsProvider baseUrl="http://api.test" getToken={() => "token"} fetch={fetch}>
        <EventsTable height={200} />
        <textarea aria-label="Paste here" />
      </AnalyticsProvider>,
    );
  } else {
    const frame = document.createElement("iframe");
    frame.src = location.href.replace("localhost", "127.0.0.1") + "#frame";
    frame.width = frame.height = 600;
    root.append(frame);
  }
`;

let pages: Pages;

beforeAll(async () => {
  if (hasChromium) pages = await Pages.running(SCRIPT);
});
afterAll(() => pages?.close());

describe.skipIf(!hasChromium)("In a frame of another origin", () => {
  test("the Copy button copies an event, and causes no unhandled rejection", async () => {
    const context = await pages.context();
    const rejections: string[] = [];
    context.on("weberror", (error) => rejections.push(error.error().message));
    const page = await open(context);
    const frame = page.frameLocator("iframe");
    await frame.getByRole("row", { name: /copied/ }).click();
    await frame.getByRole("button", { name: "Copy" }).click();
    await frame.getByRole("button", { name: "Copied" }).waitFor();
    const paste = frame.getByLabel("Paste here");
    await paste.focus();
    await page.keyboard.press("ControlOrMeta+V");

    expect(JSON.parse(await paste.inputValue())).toMatchObject({ event_id: "e-1" });
    expect(page.frames()[1]!.url()).toContain(inject("pageOrigin").replace("localhost", "127.0.0.1"));
    expect(rejections).toEqual([]);
    await context.close();
  });
});
