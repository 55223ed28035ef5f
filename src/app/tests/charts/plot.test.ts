import { expect, test } from "vitest";
import { between, linePath, plotOf, pointAt } from "../../features/charts/plot";

test("counts have ticks only at whole numbers", () => {
  expect(plotOf(2, [0, 1]).ticks).toEqual([0, 1]);
  expect(plotOf(2, [0, 0.5]).ticks).toContain(0.1);
});

test("a line is cut where a value is unknown, and a single value is a point", () => {
  const plot = plotOf(3, [0, 4, 4]);

  expect(linePath(plot, [4, null, 4])).toBe("M0,0ZM100,0Z");
  expect(linePath(plot, between([4, 4, 4], 1, 2))).toBe("M50,0L100,0");
});

test("a position is that of the nearest point", () => {
  expect([-1, 0.2, 0.3, 2].map((fraction) => pointAt(fraction, 3))).toEqual([0, 0, 1, 2]);
});
