import { expect, test } from "vitest";
import { withPage } from "../../ui/paged-list";

test("a page is added once, even if it was loaded twice", () => {
  const page = { data: [3], next_cursor: null };
  const once = withPage({ data: [1, 2], next_cursor: "2" }, "2", page);

  expect(once).toEqual({ data: [1, 2, 3], next_cursor: null });
  expect(withPage(once, "2", page)).toBe(once);
});
