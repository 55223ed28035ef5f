import { RetentionGrid } from "@acme/analytics-react/retention-grid";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { aRetention, withResponses } from "../support/insights.tsx";
import { within } from "../support/react.tsx";

afterEach(cleanup);

test("RetentionGrid is a table of cohorts by period, which scrolls with the keyboard", () => {
  const { client } = withResponses(() => Response.json({}));
  render(<RetentionGrid title="Return" initialData={aRetention()} />, { wrapper: within(client) });

  const rows = screen
    .getAllByRole("row")
    .map((row) => [...row.children].map(({ textContent }) => textContent));
  expect(rows).toEqual([
    ["Cohort", "Users", "Week 0", "Week 1"],
    ["All cohorts", "300", "96.7%", "25%"],
    ["Mar 2", "200", "100%", "25%"],
    ["Mar 9", "100", "90%", "10% so far"],
  ]);
  expect(screen.getByRole("table", { name: "Return" })).toBeDefined();
  expect(screen.getByRole("region", { name: "Return: cohorts" }).tabIndex).toBe(0);
  expect(document.querySelectorAll("[data-unfinished]")).toHaveLength(1);
});
