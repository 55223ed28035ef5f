import { FunnelChart } from "@acme/analytics-react/funnel-chart";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { aFunnel, withResponses } from "../support/insights.tsx";
import { within } from "../support/react.tsx";

afterEach(cleanup);

const QUERY = { steps: [{ event_type: "viewed" }, {}, { event_type: "viewed" }] };

test("FunnelChart shows users, conversion and drop-off of each step", () => {
  const { client } = withResponses(() => Response.json({}));
  const chart = (
    <FunnelChart title="Sales" query={QUERY} names={["Landing"]} initialData={aFunnel(2_000, 500, 1)} />
  );
  render(chart, { wrapper: within(client) });

  expect(screen.getAllByRole("listitem").map(({ textContent }) => textContent.trim())).toEqual([
    "Landing100% 2,000 users",
    "All events25% 500 users25% continued, 1,500 dropped off",
    "viewed0.1% 1 user0.2% continued, 499 dropped off",
  ]);
  const bars = [...document.querySelectorAll("rect:not(.acme-funnel-track)")];
  expect(bars.map((bar) => bar.getAttribute("width"))).toEqual(["100%", "25%", "0.05%"]);
});

test("FunnelChart shows the names of the steps before it has data, at the same size", () => {
  const { client } = withResponses(() => new Promise(() => {}));
  render(<FunnelChart title="Sales" query={QUERY} />, { wrapper: within(client) });

  expect(document.querySelectorAll("li")).toHaveLength(3);
});
