import { MetricChart } from "@acme/analytics-react/metric-chart";
import type { TrendsResult } from "@acme/analytics-sdk/insights";
import { cleanup, fireEvent, render, screen, within as inside } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { aTrend, withResponses } from "../support/insights.tsx";
import { within } from "../support/react.tsx";

/** In the middle of the third day of `aTrend`. */
const NOW = Date.UTC(2026, 2, 3, 12);

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function show(data: TrendsResult, range: { start_date?: string; end_date?: string } = {}, timeZone?: string) {
  const { client } = withResponses(() => Response.json({}));
  const query = { series: [{ event_type: "viewed" }, { event_type: "bought" }], ...range };
  return render(<MetricChart title="Visits" query={query} timeZone={timeZone} initialData={data} />, {
    wrapper: within(client),
  });
}

const slider = () => screen.getByRole("slider", { name: "Visits" });
const reading = () => slider().getAttribute("aria-valuetext");
const ticks = (container: HTMLElement) =>
  [...container.querySelectorAll(".acme-metric-axis span")].map(({ textContent }) => textContent);
const paths = (container: HTMLElement, kind: string) =>
  [...container.querySelectorAll(`.acme-metric-lines ${kind}`)].map((path) => path.getAttribute("d"));

describe("MetricChart", () => {
  test("reads the values of the interval that the keyboard selects", () => {
    show(aTrend([4, 8, 2], [2, 4, null]));
    expect(reading()).toBe("Tue, Mar 3, 2026 (incomplete): viewed 2, before –");
    expect(document.querySelector(".acme-metric-tooltip")).toBeNull();
    fireEvent.change(slider(), { target: { value: "1" } });

    expect(reading()).toBe("Mon, Mar 2, 2026: viewed 8, before 4");
    const tooltip = document.querySelector<HTMLElement>(".acme-metric-tooltip")!;
    const cells = inside(tooltip).getAllByRole("cell", { hidden: true });
    expect(cells.map(({ textContent }) => textContent)).toEqual(["8", "4", "+100%"]);
    fireEvent.keyDown(slider(), { key: "Escape" });
    expect(document.querySelector(".acme-metric-tooltip")).toBeNull();
  });

  test("draws the line to the unfinished day dotted, and nothing after it", () => {
    const { container } = show(aTrend([4, 8, 2, 0]));

    const [solid, dotted] = paths(container, ".acme-metric-line");
    expect(solid).toBe("M0,50h0L33.33,0");
    expect(dotted).toBe("M33.33,0h0L66.67,75");
    expect(paths(container, ".acme-metric-line")).toHaveLength(2);
  });

  test("draws the whole line solid if the range is over", () => {
    const { container } = show(aTrend([4, 2]), { end_date: "2026-03-02" });

    expect(paths(container, ".acme-metric-partial")).toEqual([]);
  });

  test("draws weeks dotted that are longer than the range", () => {
    const weeks = { ...aTrend([1, 2, 1]), interval: "week" } as const;
    const buckets = ["2026-02-02", "2026-02-09", "2026-02-16"].map((day) => `${day}T00:00:00+00:00`);
    const { container } = show({ ...weeks, buckets }, { start_date: "2026-02-04", end_date: "2026-02-18" });

    expect(paths(container, ".acme-metric-partial")).toEqual(["M0,50h0L50,0", "M50,0h0L100,50"]);
  });

  test("draws the first week dotted if the usual range of 30 days begins in it", () => {
    const days = ["2026-01-26", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02"];
    const weeks = { ...aTrend([1, 2, 1, 2, 1, 2]), interval: "week" } as const;
    const { container } = show({ ...weeks, buckets: days.map((day) => `${day}T00:00:00+00:00`) });

    expect(paths(container, ".acme-metric-partial")).toHaveLength(2);
  });

  test("follows the time zone of the result", () => {
    const ahead = { ...aTrend([1, 2, 3, 4]), timezone: "Pacific/Kiritimati" }; // it is 4 March there
    show(ahead, {}, ahead.timezone);

    expect(reading()).toBe("Wed, Mar 4, 2026 (incomplete): viewed 4");
  });

  test("has ticks at whole numbers for counts, and between them for other numbers", () => {
    const { container, unmount } = show(aTrend([1, 2, 1]));
    expect(ticks(container)).toEqual(["2", "1", "0"]);
    unmount();
    const { container: fractions } = show(aTrend([0.1, 0.35, 1]));
    expect(ticks(fractions)).toEqual(["1", "0.5", "0"]);
    cleanup();
    const { container: negative } = show(aTrend([-1_500, 3_000, 0]));
    expect(ticks(negative)).toEqual(["4K", "2K", "0", "-2K"]);
  });

  test("interrupts the line at unknown values, and draws a single value as a dot", () => {
    const { container } = show(aTrend([1, null, 1, null, null]), { end_date: "2026-03-05" });

    expect(paths(container, ".acme-metric-line")[0]).toBe("M0,0h0");
  });

  test("names the lines by series and group, and draws eight of them", () => {
    const { series } = aTrend([1, 2, 3]);
    const groups = Array.from({ length: 10 }, (_, index) => ({
      ...series[0]!,
      index: index % 2,
      breakdown: { kind: index === 9 ? "other" : "value", value: `group ${index}` } as const,
    }));
    show({ ...aTrend([1, 2, 3]), series: groups });

    const names = screen.getAllByRole("listitem").map(({ textContent }) => textContent);
    expect(names).toHaveLength(9);
    expect(names.slice(0, 2)).toEqual(["viewed: group 0", "bought: group 1"]);
    expect(names.at(-1)).toBe("and 2 more");
  });
});
