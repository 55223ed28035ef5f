import { expect, test } from "vitest";
import { matching, typedOption } from "../../ui/search-list";

const OPTIONS = ["signed_up", "Signed_in", "paid"].map((title) => ({ value: title, title }));

test("options are found by any part of their title, in any case", () => {
  expect(matching(OPTIONS, " SIGNED ").map(({ title }) => title)).toEqual(["signed_up", "Signed_in"]);
  expect(matching(OPTIONS, "")).toBe(OPTIONS);
});

test("a text that isn't the title of an option can be used if the list allows it", () => {
  const valueFor = (text: string): string => `=${text}`;

  expect(typedOption(OPTIONS, " sign ", valueFor)).toEqual([{ value: "=sign", title: "Use “sign”" }]);
  expect(typedOption(OPTIONS, "paid", valueFor)).toEqual([]);
  expect(typedOption(OPTIONS, "", valueFor)).toEqual([]);
  expect(typedOption(OPTIONS, "sign", undefined)).toEqual([]);
});
