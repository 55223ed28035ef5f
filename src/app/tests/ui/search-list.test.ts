import { expect, test } from "vitest";
import { matching } from "../../ui/search-list";

const OPTIONS = ["signed_up", "Signed_in", "paid"].map((title) => ({ value: title, title }));

test("options are found by any part of their title, in any case", () => {
  expect(matching(OPTIONS, " SIGNED ").map(({ title }) => title)).toEqual(["signed_up", "Signed_in"]);
  expect(matching(OPTIONS, "")).toBe(OPTIONS);
});
