import { MetricCard } from "@acme/analytics-react/metric-card";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";
import { aTrend, withResponses } from "../support/insights.tsx";
import { within } from "../support/react.tsx";

afterEach(cleanup);

const QUERY = { series: [{ event_type: "paid" }], compare: "previous_period" } as const;

function show(total: number, before: number, numberFormat?: Intl.NumberFormatOptions): string {
  const { client } = withResponses(() => Response.json({}));
  const card = (
    <MetricCard
      title="Paid"
      query={QUERY}
      numberFormat={numberFormat}
      initialData={aTrend([total], [before])}
    />
  );
  const { unmount } = render(card, { wrapper: within(client) });
  const text = screen.getByRole("figure", { name: "Paid" }).textContent;
  unmount();
  return text.slice(text.lastIndexOf("}") + 1); // without styles
}

describe("MetricCard", () => {
  test("shows the value, the value before and the change", () => {
    expect(show(1_350, 1_200)).toContain("1,350↑ +12.5% compared with 1,200 before");
    expect(show(1_080, 1_200)).toContain("1,080↓ -10% compared with 1,200 before");
    expect(show(1_200, 1_200)).toContain("1,2000% compared with 1,200 before");
    expect(show(-50, -100)).toContain("-50↑ +50% compared with -100 before");
  });

  test("doesn't divide by zero", () => {
    expect(show(5, 0)).toContain("5↑ New compared with 0 before");
    expect(show(0, 0)).toContain("00% compared with 0 before");
  });

  test("abbreviates very large numbers, and formats them as the app asks", () => {
    const currency = { style: "currency", currency: "EUR" } as const;
    expect(show(12_500_000, 9_999_999)).toContain("13M↑ +25% compared with 9,999,999 before");
    expect(show(1_234.5, 0, currency)).toContain("€1,234.50");
    expect(show(12_500_000, 0, currency)).toContain("€13M");
    expect(show(1_234.5, 0, { style: "currency", currency: "JPY" })).toContain("¥1,235");
    expect(show(1_234.5, 0, { minimumFractionDigits: 3 })).toContain("1,234.500");
  });

  test("without `compare`, shows only the value", () => {
    const { client } = withResponses(() => Response.json({}));
    render(<MetricCard title="Paid" query={{ series: QUERY.series }} initialData={aTrend([7])} />, {
      wrapper: within(client),
    });

    expect(screen.getByRole("figure").textContent).not.toContain("before");
  });
});
