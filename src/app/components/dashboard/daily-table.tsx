import { formatDay, formatNumber } from "@/lib/format";
import { titleOf } from "@/lib/metrics";
import type { ComparedMetric } from "@/lib/use-dashboard-metrics";

/** What the chart shows, to read in rows: newest first. */
export function DailyTable({ current, previous }: ComparedMetric) {
  const rows = current.daily.map((today, day) => ({ ...today, before: previous?.daily[day]?.value ?? null }));
  return (
    <table className="w-full text-sm tabular-nums">
      <caption className="sr-only">{titleOf(current.name)} by UTC day, newest first</caption>
      <thead className="text-left text-muted">
        <tr>
          <th className="px-4 py-1.5 font-medium">Day (UTC)</th>
          <th className="px-4 py-1.5 text-right font-medium">{titleOf(current.name)}</th>
          <th className="px-4 py-1.5 text-right font-medium">Period before</th>
        </tr>
      </thead>
      <tbody>
        {[...rows].reverse().map(({ date, value, before }) => (
          <tr key={date} className="border-t border-line">
            <th scope="row" className="px-4 py-1.5 text-left font-normal">
              {formatDay(date)}
            </th>
            <td className="px-4 py-1.5 text-right">{formatNumber(value)}</td>
            <td className="px-4 py-1.5 text-right text-muted">{formatNumber(before)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
