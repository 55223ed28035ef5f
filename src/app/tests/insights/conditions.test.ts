import { describe, expect, test } from "vitest";
import { catalogOf } from "../../features/insights/catalog";
import {
  conditionFrom,
  isComplete,
  stepFrom,
  textOf,
  textOfCondition,
  valuesFrom,
} from "../../features/insights/conditions";

const property = (
  event_type: string,
  name: string,
  types: readonly string[],
  events: number,
  values = [] as (string | number | boolean)[],
) => ({
  event_type,
  name,
  types,
  events,
  values: values.map((value) => ({ value, events: 1 })),
});
const catalog = catalogOf(
  ["paid", "opened"],
  [
    property("paid", "amount", ["number"], 5),
    property("paid", "plan", ["string"], 4, ["pro", "team, large"]),
    property("opened", "plan", ["string"], 9),
    property("opened", "first", ["boolean"], 1),
  ],
);

test("the catalog offers the properties of a type, or of all types by their frequency", () => {
  expect(catalog.namesOf("paid")).toEqual(["amount", "plan"]);
  expect(catalog.namesOf(undefined)).toEqual(["plan", "amount", "first"]);
  expect(catalog.numbersOf(undefined)).toEqual(["amount"]);
  expect(catalog.valuesOf({ field: "event_type" })).toEqual(["paid", "opened"]);
});

test("properties with few different values are categories", () => {
  const { categories } = catalogOf(
    [],
    [
      property("paid", "session", ["string"], 9, ["s1", "s2"]),
      property("paid", "device", ["string"], 2, ["phone", "desktop"]),
      property("paid", "amount", ["number"], 1, [5]),
    ],
  );
  expect(categories).toEqual(["device"]);
});

describe("typed values get the type of the property", () => {
  for (const [text, name, values] of [
    ["10, 2.5", "amount", [10, 2.5]],
    ["ten", "amount", ["ten"]],
    ["10", "plan", ["10"]],
    ["true", "first", [true]],
    ["team, large", "plan", ["team, large"]],
    ["pro,, free ", "plan", ["pro", "free"]],
    ["1", "unknown", ["1"]],
    ["", "plan", []],
  ] as const)
    test(`${name}: ${text}`, () => {
      expect(valuesFrom(text, { property: name }, catalog)).toEqual(values);
    });
});

test("values are shown as the text from which they are read", () => {
  expect(textOf([10, 2.5])).toBe("10, 2.5");
});

test("a condition is complete if it has the values of its operator", () => {
  const of = (operator: "is" | "between" | "is_set", values: readonly number[]) =>
    isComplete({ property: "amount", operator, values });

  expect([
    of("is", []),
    of("is", [1, 2]),
    of("between", [1]),
    of("between", [1, 2]),
    of("is_set", []),
  ]).toEqual([false, true, false, true, true]);
});

describe("what isn't a condition or a step of the builder is refused", () => {
  for (const json of [
    null,
    1,
    {},
    { property: "", operator: "is" },
    { field: "timestamp", operator: "is" },
    { property: "plan", operator: "like" },
    { property: "plan", operator: "is", values: "pro" },
    { property: "plan", operator: "is", values: [null] },
    { and: [] },
  ])
    test(`condition ${JSON.stringify(json)}`, () => {
      expect(conditionFrom(json)).toBeUndefined();
    });

  for (const text of ["", "{", '{"event_type":1}', '{"filters":{}}', '{"filters":[{"or":[]}]}'])
    test(`step ${text}`, () => {
      expect(stepFrom(text)).toBeUndefined();
    });
});

test("a condition is read as a text", () => {
  expect(textOfCondition({ property: "plan", operator: "is", values: ["pro", 1] })).toBe("plan is pro, 1");
  expect(textOfCondition({ field: "user_id", operator: "is_set", values: [] })).toBe("User ID is set");
});
