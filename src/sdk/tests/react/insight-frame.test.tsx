// What all cards, charts and grids have in common: states, time zone, locale, styles and rendering on servers.
import { AnalyticsProvider } from "@acme/analytics-react";
import { FunnelChart } from "@acme/analytics-react/funnel-chart";
import { STYLES } from "@acme/analytics-react/insight-styles";
import { MetricCard } from "@acme/analytics-react/metric-card";
import { MetricChart } from "@acme/analytics-react/metric-chart";
import { RetentionGrid } from "@acme/analytics-react/retention-grid";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, describe, expect, test } from "vitest";
import { aFunnel, aRetention, aTrend, problem, withResponses } from "../support/insights.tsx";
import { within } from "../support/react.tsx";

interface Common {
  readonly timeZone?: string;
  readonly locale?: string;
  readonly emptyState?: ReactNode;
  readonly refreshMs?: number;
  readonly nonce?: string;
}

interface Case {
  readonly name: string;
  readonly data: object;
  readonly empty: object;
  /** A text of the data. */
  readonly text: string;
  /** The same text in German. */
  readonly german: string;
  readonly show: (props: Common, initialData?: object) => ReactNode;
}

const SERIES = [{ event_type: "signed_up" }] as const;
const STEPS = [{ event_type: "signed_up" }, { event_type: "paid" }];
const TITLE = "A title";
const NOTHING = { ...aTrend([]), series: [] };

const CASES: readonly Case[] = [
  {
    name: "MetricCard",
    data: aTrend([1_000, 234.5]),
    empty: NOTHING,
    text: "1,234.5",
    german: "1.234,5",
    show: (props, initialData) => (
      <MetricCard title={TITLE} query={{ series: SERIES }} {...props} initialData={initialData as never} />
    ),
  },
  {
    name: "MetricChart",
    data: aTrend([2_000, 1_234]),
    empty: aTrend([0, 0]),
    text: "Mar 1",
    german: "1. März",
    show: (props, initialData) => (
      <MetricChart title={TITLE} query={{ series: SERIES }} {...props} initialData={initialData as never} />
    ),
  },
  {
    name: "FunnelChart",
    data: aFunnel(1_000, 125),
    empty: aFunnel(0, 0),
    text: "12.5%",
    german: "12,5 %",
    show: (props, initialData) => (
      <FunnelChart title={TITLE} query={{ steps: STEPS }} {...props} initialData={initialData as never} />
    ),
  },
  {
    name: "RetentionGrid",
    data: aRetention(),
    empty: { ...aRetention(), cohorts: [] },
    text: "96.7%",
    german: "96,7 %",
    show: (props, initialData) => (
      <RetentionGrid title={TITLE} {...props} initialData={initialData as never} />
    ),
  },
];

afterEach(cleanup);

const figure = () => screen.getByRole("figure", { name: TITLE });
const shown = () => figure().querySelector(".acme-insight-data")!;
const status = () => screen.getByRole("status").textContent;

describe.each(CASES)("$name", ({ data, empty, text, german, show }) => {
  test("shows that it is loading, and then shows the data in one request with the time zone", async () => {
    const { client, fetch } = withResponses(() => Response.json(data));
    render(show({ timeZone: "Europe/Vienna" }), { wrapper: within(client) });
    expect([status(), figure().getAttribute("aria-busy")]).toEqual(["Loading…", "true"]);
    expect(shown().getAttribute("aria-hidden")).toBe("true");
    await waitFor(() => expect(shown().textContent).toContain(text));

    expect([status(), figure().getAttribute("aria-busy")]).toEqual(["", "false"]);
    expect(shown().hasAttribute("aria-hidden")).toBe(false);
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(JSON.parse(fetch.mock.calls[0]![1]!.body as string)).toMatchObject({ timezone: "Europe/Vienna" });
  });

  test("formats numbers and dates in the locale", async () => {
    const { client } = withResponses(() => Response.json(data));
    render(show({ locale: "de" }), { wrapper: within(client) });

    await waitFor(() => expect(shown().textContent.replaceAll(/\s/g, " ")).toContain(german));
  });

  test("says that there are no data, in the app's words if it has any", async () => {
    const { client } = withResponses(() => Response.json(empty));
    const { rerender } = render(show({}), { wrapper: within(client) });
    await waitFor(() => expect(status()).toBe("No data in this period."));
    rerender(show({ emptyState: <a href="/start">Track an event</a> }));

    expect(screen.getByRole("link", { name: "Track an event" })).toBeDefined();
    expect(shown().getAttribute("aria-hidden")).toBe("true");
  });

  test("shows an error, and fetches again when the user clicks Try again", async () => {
    const { client } = withResponses(
      () => problem(403, "forbidden"),
      () => Response.json(data),
    );
    render(show({}), { wrapper: within(client) });
    await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("forbidden"));
    expect(status()).toBe("");
    const button = screen.getByRole("button", { name: "Try again" });
    button.focus();
    fireEvent.click(button);
    expect(button.textContent).toBe("Trying again…");
    await waitFor(() => expect(shown().textContent).toContain(text));

    expect(screen.queryByRole("alert")).toBeNull();
    expect(document.activeElement).toBe(figure());
  });

  test("keeps older data when a refresh fails", async () => {
    const { client } = withResponses(
      () => Response.json(data),
      () => problem(403, "forbidden"),
    );
    render(show({ refreshMs: 20 }), { wrapper: within(client) });
    await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("forbidden"));

    expect(shown().textContent).toContain(text);
    expect(shown().getAttribute("data-state")).toBe("old");
    expect(screen.getByRole("button", { name: "Try again" })).toBeDefined();
  });

  test("shows initialData without a request", () => {
    const { client, fetch } = withResponses(() => Response.json(empty));
    render(show({}, data), { wrapper: within(client) });

    expect(shown().textContent).toContain(text);
    expect(fetch).not.toHaveBeenCalled();
  });

  test("is rendered by a server without inline styles, and with styles whose hashes a policy can allow", () => {
    const { client } = withResponses(() => Response.json(empty));
    const html = renderToString(<AnalyticsProvider client={client}>{show({}, data)}</AnalyticsProvider>);

    expect(html).toContain(text);
    const styles = [...html.matchAll(/<style [^>]*>(.*?)<\/style>/gs)].map(([, css]) => css);
    expect(styles).toHaveLength(2);
    expect(STYLES).toEqual(expect.arrayContaining(styles));
    expect(html).not.toContain(" style=");
  });
});
