import { afterEach, expect, test, vi } from "vitest";

vi.mock("server-only", () => ({}));
vi.mock("../../server/settings", () => ({ settings: () => ({ apiUrl: "http://api.test" }) }));

const { exportUser } = await import("../../server/privacy-api");

afterEach(() => vi.unstubAllGlobals());

const line = (value: object): string => `${JSON.stringify(value)}\n`;
const end = (events: number, next_cursor: string | null): string =>
  line({ type: "end", events, dead_letters: 0, next_cursor });

test("an export reads all pages, repeats one that ends early, and adds the numbers up", async () => {
  vi.useFakeTimers();
  const pages = [
    line({ type: "event", event: 1 }) + line({ type: "event", event: 2 }) + end(2, "c2"),
    line({ type: "event", event: 3 }), // without its end
    line({ type: "event", event: 3 }) + end(1, null),
  ];
  const requested: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    requested.push(url);
    return new Response(pages[requested.length - 1]);
  });
  let tokens = 0;
  const found: string[] = [];
  const reading = (async () => {
    for await (const text of exportUser(async () => `token-${++tokens}`, "user 1")) found.push(text);
  })();
  await vi.runAllTimersAsync();
  await reading;
  vi.useRealTimers();

  expect(found.join("")).toBe(
    [1, 2, 3].map((event) => line({ type: "event", event })).join("") +
      line({ type: "end", events: 3, dead_letters: 0, next_cursor: null }),
  );
  const path = "http://api.test/api/v1/users/user%201/export";
  expect(requested).toEqual([path, `${path}?cursor=c2`, `${path}?cursor=c2`]);
  expect(tokens).toBe(3);
});
