import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { AnalyticsClient } from "@acme/analytics-sdk";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import type { ComponentType } from "react";
import { afterEach, expect, inject, onTestFinished, test } from "vitest";

afterEach(cleanup);

test("the example of the README renders", async () => {
  const folder = mkdtempSync(`${import.meta.dirname}/.readme-`);
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const readme = readFileSync(`${import.meta.dirname}/../../react/README.md`, "utf8");
  const code = /^```tsx\n(.*?)^```/ms.exec(readme)![1]!.replaceAll("http://localhost:8000", inject("apiUrl"));
  writeFileSync(`${folder}/example.tsx`, code);
  const client = new AnalyticsClient({ apiKey: "ak_local_acme", baseUrl: inject("apiUrl") });
  await client.trackEvents([{ event_type: "signed_up", user_id: "reader" }]);
  const { App } = (await import(`${folder}/example.tsx`)) as { App: ComponentType };
  render(<App />);

  await waitFor(() => expect(screen.getAllByText("reader").length).toBe(2)); // in the list and in the table
  await waitFor(() => expect(screen.getByRole("heading").textContent).toMatch(/^\d+ events$/));
});
