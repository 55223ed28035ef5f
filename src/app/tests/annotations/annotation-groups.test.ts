import type { AnnotationDescription } from "@acme/analytics-sdk";
import { expect, test } from "vitest";
import { groupsOf, inOneLine, nameOfGroup } from "../../features/annotations/annotation-groups";

const DAYS = ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05"];

function annotation(at: string, text = at): AnnotationDescription {
  const times = { at, created_at: at, updated_at: at };
  return { ...times, annotation_id: `annotation_${at}`, text, created_by: "usr_1", version: "1" };
}

function placed(ats: readonly string[], buckets: readonly string[], zone: string, width = 1000) {
  const list = ats.map((at) => annotation(at));
  return groupsOf(list, buckets, zone, width).map(({ position, annotations }) => [
    position,
    annotations.map(({ at }) => at),
  ]);
}

test("a marker is at the interval that contains the time in the organisation's time zone", () => {
  const late = "2026-11-02T23:30:00.000000Z";
  const local = DAYS.map((day) => `${day}T00:00:00+01:00`);

  expect(placed([late], DAYS, "UTC")).toEqual([[25, [late]]]);
  expect(placed([late], DAYS, "Europe/Berlin")).toEqual([[50, [late]]]);
  expect(placed([late], local, "Europe/Berlin")).toEqual([[50, [late]]]);
});

test("an hour that occurs twice has a marker of its own each time", () => {
  const hours = ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"];
  const [first, second] = ["2026-10-25T00:30:00.000000Z", "2026-10-25T01:30:00.000000Z"] as const;

  expect(placed([second, first], hours, "Europe/Berlin")).toEqual([
    [0, [first]],
    [100, [second]],
  ]);
});

test("annotations before the first interval have no marker, and one interval is in the middle", () => {
  const [before, at] = ["2026-10-31T23:59:59.999999Z", "2026-11-01T00:00:00.000000Z"] as const;

  expect(placed([before], DAYS, "UTC")).toEqual([]);
  expect(placed([at], ["2026-11-01"], "UTC")).toEqual([[50, [at]]]);
});

test("markers that would overlap are one, with the earliest annotation first", () => {
  const one = "2026-11-01T09:00:00.000000Z";
  const two = "2026-11-02T09:00:00.000000Z";
  const five = "2026-11-05T09:00:00.000000Z";

  expect(placed([five, two, one], DAYS, "UTC")).toHaveLength(3);
  expect(placed([five, two, one], DAYS, "UTC", 100)).toEqual([
    [0, [one, two]],
    [100, [five]],
  ]);
});

test("the name of a marker contains up to three texts", () => {
  const texts = ["A", "B", "C", "D", "E"].map((text) => annotation("2026-11-01T00:00:00.000000Z", text));

  expect(nameOfGroup(texts.slice(0, 1))).toBe("Annotation: A");
  expect(nameOfGroup(texts)).toBe("5 annotations: A; B; C; and 2 more");
});

test("an entered text becomes one line", () => {
  expect(inOneLine("  Released\n the\tcheckout ")).toBe("Released the checkout");
});
