import { EventsTable, type EventsTableProps } from "@acme/analytics-react/table";
import { AnalyticsClient, type Event } from "@acme/analytics-sdk";
import { cleanup, fireEvent, render, screen, waitFor, within as inside } from "@testing-library/react";
import { afterEach, describe, expect, inject, test, vi } from "vitest";
import { KEY } from "../support/client.ts";
import { aPage, deferred, within } from "../support/react.tsx";

afterEach(cleanup);

function showWith(props: EventsTableProps, ...pages: (() => Promise<ReturnType<typeof aPage>>)[]) {
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });
  const list = vi.spyOn(client, "listEvents");
  for (const page of pages) list.mockImplementationOnce(page);
  return { list, ...render(<EventsTable height={400} {...props} />, { wrapper: within(client) }) };
}

const show = (...pages: (() => Promise<ReturnType<typeof aPage>>)[]) =>
  showWith({ event_type: "page_viewed", rowHeight: 40 }, ...pages);

const rows = () => screen.getAllByRole("row").slice(1);
const activeRow = () => {
  const id = screen.getByRole("grid").getAttribute("aria-activedescendant");
  return id === null ? undefined : document.getElementById(id)?.getAttribute("aria-rowindex");
};
const press = (key: string) => fireEvent.keyDown(screen.getByRole("grid"), { key });

describe("EventsTable", () => {
  test("shows that it is loading, and then shows the events", async () => {
    const page = deferred<ReturnType<typeof aPage>>();
    const { list } = show(() => page.promise);
    expect(screen.getByRole("status").textContent).toBe("Loading events…");
    page.resolve(aPage(0, 3, null));

    await waitFor(() => expect(rows()).toHaveLength(3));
    expect(screen.getByRole("status").textContent).toBe("3 events");
    expect(
      inside(rows()[1]!)
        .getAllByRole("gridcell")
        .map(({ textContent }) => textContent)
        .slice(1),
    ).toEqual(["page_viewed", "user_1", "number: 1"]);
    expect(list.mock.calls[0]![0]).toEqual({ event_type: "page_viewed" });
  });

  test("reports that no events match", async () => {
    show(async () => aPage(0, 0, null));

    await waitFor(() => expect(screen.getByRole("status").textContent).toBe("No events match the filters."));
  });

  test("shows an error, and retries when the user clicks Try again", async () => {
    show(
      async () => Promise.reject(new Error("The API can't be reached.")),
      async () => aPage(0, 2, null),
    );
    await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("The API can't be reached."));
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));

    await waitFor(() => expect(rows()).toHaveLength(2));
    expect(screen.queryByRole("alert")).toBeNull();
  });

  test("renders only the rows in view of thousands of events", async () => {
    show(async () => aPage(0, 20_000, null));
    await waitFor(() => expect(screen.getByRole("status").textContent).toBe("20,000 events"));
    expect(rows().length).toBeLessThan(40);
    const grid = screen.getByRole("grid");
    grid.scrollTop = 10_000 * 40;
    fireEvent.scroll(grid);

    expect(rows().length).toBeLessThan(40);
    expect(rows().some((row) => row.getAttribute("aria-rowindex") === "10006")).toBe(true);
    expect(grid.getAttribute("aria-rowcount")).toBe("20001");
  });

  test("can be operated with the keyboard", async () => {
    show(async () => aPage(0, 1_000, null));
    await waitFor(() => expect(rows().length).toBeGreaterThan(5));
    press("ArrowDown");
    expect(activeRow()).toBe("2");
    press("End");
    expect(activeRow()).toBe("1001");
    press("PageUp");
    expect(activeRow()).toBe("991");
    press("Home");
    press("Enter");
    expect(screen.getByLabelText("Event details").textContent).toContain('"event-0"');
    press("Escape");

    expect(screen.queryByLabelText("Event details")).toBeNull();
    expect(rows().filter((row) => row.getAttribute("aria-selected") === "true")).toHaveLength(1);
  });

  test("marks new events, and keeps the rows in view in place", async () => {
    const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });
    const list = vi.spyOn(client, "listEvents").mockImplementation(async () => aPage(3, 1_000, null));
    render(<EventsTable height={400} rowHeight={40} refreshMs={50} />, { wrapper: within(client) });
    const grid = await screen.findByRole("grid");
    await waitFor(() => expect(rows().length).toBeGreaterThan(5));
    grid.scrollTop = 100 * 40;
    fireEvent.scroll(grid);
    fireEvent.click(screen.getAllByRole("row").find((row) => row.getAttribute("aria-rowindex") === "102")!);
    list.mockImplementation(async () => aPage(0, 1_003, null));
    await waitFor(() => expect(screen.getByRole("status").textContent).toBe("1,003 events, 3 of them new"));

    expect(grid.scrollTop).toBe(103 * 40);
    expect(activeRow()).toBe("105");
    fireEvent.click(screen.getByRole("button", { name: "↑ 3 new" }));
    expect(grid.scrollTop).toBe(0);
    expect(rows().filter((row) => row.hasAttribute("data-fresh"))).toHaveLength(3);
  });

  test("opens an event on click, and copies it", async () => {
    show(async () => aPage(0, 5, null));
    await waitFor(() => expect(rows()).toHaveLength(5));
    fireEvent.click(rows()[3]!);

    expect(screen.getByLabelText("Event details").textContent).toContain('"event-3"');
    expect(rows()[3]!.hasAttribute("data-open")).toBe(true);
    fireEvent.click(screen.getByRole("button", { name: "Copy" }));
    await screen.findByRole("button", { name: "Copied" });
    expect(JSON.parse(await navigator.clipboard.readText())).toMatchObject({ event_id: "event-3" });
    fireEvent.click(screen.getByRole("button", { name: "Close" }));
    expect(screen.queryByLabelText("Event details")).toBeNull();
  });

  test("shows an app's details, which follow the arrow keys", async () => {
    const opened: string[] = [];
    const renderDetails = (event: Event, close: () => void) => (
      <button type="button" aria-label="Close details" onClick={close}>
        {event.event_id}
      </button>
    );
    const onRowClick = ({ event_id }: Event): void => void opened.push(event_id);
    showWith({ renderDetails, onRowClick }, async () => aPage(0, 5, null));
    await waitFor(() => expect(rows()).toHaveLength(5));
    press("ArrowDown");
    expect(screen.queryByLabelText("Close details")).toBeNull();
    press("Enter");
    press("ArrowDown");
    expect(screen.getByLabelText("Close details").textContent).toBe("event-1");
    expect(rows()[1]!.hasAttribute("data-open")).toBe(true);
    fireEvent.click(screen.getByLabelText("Close details"));
    expect(screen.queryByLabelText("Close details")).toBeNull();

    press("ArrowDown");
    expect(screen.queryByLabelText("Close details")).toBeNull();
    expect(opened).toEqual(["event-0"]);
  });

  test("calls onRowClick for an opened row, and shows no details of its own", async () => {
    const onRowClick = vi.fn<(event: Event) => void>();
    showWith({ onRowClick }, async () => aPage(0, 5, null));
    await waitFor(() => expect(rows()).toHaveLength(5));
    fireEvent.click(rows()[3]!);
    fireEvent.click(rows()[3]!);
    press("ArrowDown");
    press("Enter");

    expect(onRowClick.mock.calls.map(([{ event_id }]) => event_id)).toEqual([
      "event-3",
      "event-3",
      "event-4",
    ]);
    expect(screen.queryByLabelText("Event details")).toBeNull();
  });

  test("shows an app's empty state", async () => {
    showWith({ emptyState: <a href="/start">Send your first event</a> }, async () => aPage(0, 0, null));

    await waitFor(() => expect(screen.getByRole("link").textContent).toBe("Send your first event"));
    expect(screen.getByRole("status").textContent).toBe("Send your first event");
  });

  test("writes times and numbers in the given language and time zone", async () => {
    showWith({ locale: "de-DE", timeZone: "Asia/Tokyo" }, async () => aPage(0, 2_000, null));
    await waitFor(() => expect(screen.getByRole("status").textContent).toBe("2.000 events"));
    const [event] = aPage(0, 1, null).data;
    const time = new Date(Date.parse(event!.timestamp) + 9 * 3600 * 1000); // Japan has no summer time

    const shown = inside(rows()[0]!).getAllByRole("gridcell")[0]!.textContent;
    expect(shown).toContain(time.toISOString().slice(11, 19));
    expect(shown).toMatch(/^\d\d?\.\d\d?\.\d{4}, /);
  });
});
