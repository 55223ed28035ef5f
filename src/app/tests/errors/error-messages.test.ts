import { AnalyticsClient, type AnalyticsError } from "@acme/analytics-sdk";
import { afterEach, expect, test, vi } from "vitest";
import { tokenSource } from "../../features/auth/token-source";
import {
  ERRORS,
  firstToReport,
  isReportedByBanner,
  messageOfError,
} from "../../features/errors/error-messages";

afterEach(() => void vi.unstubAllGlobals());

/** Return the error of a read for which the dashboard's server responds to the token request with this code. */
function errorFor(code: string): Promise<AnalyticsError> {
  vi.stubGlobal("fetch", async () => Response.json({ code }, { status: 401 }));
  const getToken = tokenSource("org_acme", () => {});
  const client = new AnalyticsClient({ baseUrl: "http://api.test", getToken, readAttempts: 1 });
  return client.getCaller().then(
    () => expect.unreachable(),
    (error: AnalyticsError) => error,
  );
}

test.each(["session_ended", "not_a_member"])(
  "%s is reported by the banner of the session, not as an unavailable API",
  async (code) => {
    const error = await errorFor(code);

    expect(isReportedByBanner(error)).toBe(true);
    expect(firstToReport([undefined, error])).toBeUndefined();
  },
);

test("a token request that fails for another reason is reported as an unavailable API", async () => {
  const [ended, other] = [await errorFor("session_ended"), await errorFor("provider_unavailable")];

  expect(isReportedByBanner(other)).toBe(false);
  expect(firstToReport([ended, other])).toBe(other);
  expect(messageOfError(other)).toBe(ERRORS.api_unavailable);
});
