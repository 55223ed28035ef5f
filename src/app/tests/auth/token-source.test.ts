import { afterEach, expect, test, vi } from "vitest";
import { tokenSource } from "../../features/auth/token-source";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("an access token is renewed when it expires, although the wall clock was set back by an hour", async () => {
  vi.useFakeTimers();
  let issued = 0;
  const fetching = async () => Response.json({ access_token: `token-${++issued}`, expires_in: 900 });
  vi.stubGlobal("fetch", fetching);
  const getToken = tokenSource("org_acme", () => {});

  expect(await getToken({ refresh: false })).toBe("token-1");
  vi.setSystemTime(Date.now() - 3_600_000);
  vi.advanceTimersByTime(700_000);
  expect(await getToken({ refresh: false })).toBe("token-1");
  expect(issued).toBe(1);
  vi.advanceTimersByTime(200_000);
  expect(await getToken({ refresh: false })).toBe("token-2");
});
