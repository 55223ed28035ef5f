import type { DailyValue } from "@acme/analytics-sdk";
import { areaPath, linePath, plotOf } from "@/lib/plot";

/** The days at a glance; the large chart and its table have the values. */
export function Sparkline({ daily }: { readonly daily: readonly DailyValue[] }) {
  const plot = plotOf(daily.length, daily);
  return (
    <svg
      aria-hidden="true"
      viewBox="0 -3 100 106"
      preserveAspectRatio="none"
      className="mt-3 h-9 w-full text-accent"
    >
      <path d={areaPath(plot, daily)} fill="currentColor" opacity="0.1" />
      <path
        d={linePath(plot, daily)}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
