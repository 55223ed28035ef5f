import type { CreatedShare, ShareDescription } from "@acme/analytics-sdk";
import { expect, test } from "vitest";
import { withLink } from "../../features/shares/links";
import { OpeningBudget } from "../../server/opening-budget";

const LINK: ShareDescription = {
  share_id: "share_1",
  name: "Sign-ups",
  page: "explore",
  state: "range=7d",
  last_four: "9e0c",
  created_by: "usr_1",
  created_at: "2026-01-31T09:30:00.000000Z",
  expires_at: "2026-02-07T09:30:00.000000Z",
};
const CREATED: CreatedShare = { ...LINK, share_id: "share_2", secret: "org_acme.9e0c" };

test("a new link is the first one, and the list doesn't keep its secret", () => {
  const [first, ...others] = withLink([LINK], CREATED);

  expect(first).toEqual({ ...LINK, share_id: "share_2" });
  expect(others).toEqual([LINK]);
});

test("links can be opened in a burst, and then at a rate", () => {
  const budget = new OpeningBudget(2, 1, 0);
  const at = (...times: readonly number[]): readonly boolean[] => times.map((time) => budget.take(time));

  expect(at(0, 0, 0, 999)).toEqual([true, true, false, false]);
  expect(at(1_000, 1_000)).toEqual([true, false]);
  expect(at(60_000, 60_000, 60_000)).toEqual([true, true, false]);
  expect(at(59_000, 60_000)).toEqual([false, true]); // the clock was set back
});
