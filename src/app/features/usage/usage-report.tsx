"use client";

import type { MonthUsage, Usage } from "@acme/analytics-sdk";
import { useState } from "react";
import { LineChart } from "@/features/charts/line-chart";
import { useNow } from "@/features/clock/clock";
import { type Day, isWeekend } from "@/features/dashboard/days";
import {
  formatMonth,
  formatNumber,
  formatShortDay,
  formatTick,
  formatWeekday,
} from "@/features/dashboard/format";
import { Panel } from "@/ui/panel";
import { PeriodTable } from "@/ui/table";
import { daysOf, shownMonths } from "./months";
import { QuotaPanel } from "./quota-panel";

/** The events that the organisation sent per month, and per day of a selected month. */
export function UsageReport({ usage }: { readonly usage: Usage }) {
  const today = useNow().slice(0, 10);
  const [selected, setSelected] = useState<string>();
  const months = shownMonths(usage.months);
  const shown = months.find(({ month }) => month === selected) ?? months[0];
  return (
    <>
      <p className="text-sm text-muted">
        An event counts on the UTC day on which the API received it, whatever its timestamp is. The events of
        the last seconds may be missing.
      </p>
      <QuotaPanel {...usage} />
      {shown && <MonthPanel usage={shown} months={months} today={today} onSelect={setSelected} />}
      <MonthTable months={months} />
    </>
  );
}

interface MonthPanelProps {
  readonly usage: MonthUsage;
  readonly months: readonly MonthUsage[];
  readonly today: Day;
  readonly onSelect: (month: string) => void;
}

/** The total and the daily values of a month. */
function MonthPanel({ usage, months, today, onSelect }: MonthPanelProps) {
  const daily = daysOf(usage, today);
  const select = (
    <select
      aria-label="Month"
      className="field mt-0 w-auto text-sm"
      value={usage.month}
      onChange={({ target }) => onSelect(target.value)}
    >
      {months.map(({ month }) => (
        <option key={month} value={month}>
          {formatMonth(month)}
        </option>
      ))}
    </select>
  );
  return (
    <Panel title="Events received" aside={select}>
      <output className="block px-4 pb-2">
        <span className="text-2xl font-semibold tabular-nums">{formatNumber(usage.events)}</span>{" "}
        <span className="text-sm text-muted">
          {usage.events === 1 ? "event" : "events"} in {formatMonth(usage.month)}
        </span>
      </output>
      <LineChart
        key={usage.month}
        label="Events received by day"
        points={daily.map(({ date }) => ({
          label: formatShortDay(date),
          title: formatWeekday(date),
          isWeekend: isWeekend(date),
        }))}
        partial={today.startsWith(usage.month) ? daily.length - 1 : undefined}
        lines={[{ id: "events", title: "Events", values: daily.map(({ value }) => value) }]}
        format={formatNumber}
        formatAxis={formatTick}
      />
      <details className="border-t border-line">
        <summary className="px-4 py-2.5 text-sm text-muted">Show as table</summary>
        <PeriodTable
          caption={`Events received in ${formatMonth(usage.month)} by UTC day, newest first`}
          headings={["Date (UTC)", "Events"]}
          rows={daily.map(({ date, value }) => [formatWeekday(date), formatNumber(value ?? 0)]).reverse()}
        />
      </details>
    </Panel>
  );
}

function MonthTable({ months }: { readonly months: readonly MonthUsage[] }) {
  return (
    <Panel title="Months">
      <PeriodTable
        caption="Events received by month, newest first"
        headings={["Month (UTC)", "Events"]}
        rows={months.map(({ month, events }) => [formatMonth(month), formatNumber(events)])}
      />
    </Panel>
  );
}
