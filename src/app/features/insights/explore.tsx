"use client";

import { useInsight } from "@acme/analytics-react";
import type { TrendsResult } from "@acme/analytics-sdk/insights";
import type { Day } from "@/features/dashboard/days";
import { useToday } from "@/features/dashboard/use-filters";
import { replaced } from "@/ui/replaced";
import { BreakdownChoice } from "./breakdown-choice";
import { Builder } from "./builder";
import type { Catalog } from "./catalog";
import { EventRow } from "./event-row";
import { AddEvent, Choice, PropertySelect } from "./pickers";
import { Result } from "./result";
import { Trends } from "./trends";
import { linesOf, rowsOfTrends } from "./trends-lines";
import {
  AGGREGATES,
  COMPARISONS,
  INTERVALS,
  needsProperty,
  queryOfTrends,
  searchOfTrends,
  type Series,
  SERIES_MAX,
  shownSeries,
  trendsFrom,
  type TrendsQuestion,
} from "./trends-question";
import { useCatalog } from "./use-catalog";
import { useQuestion } from "./use-question";

/** Measures of events over time. The whole question is in the URL. */
export function Explore({ today: rendered }: { readonly today: Day }) {
  const today = useToday(rendered);
  const { state, problems, change } = useQuestion(trendsFrom, searchOfTrends, today);
  const catalog = useCatalog(state.dates.range);
  const { series } = state;
  const shown = shownSeries(series);
  return (
    <Builder
      title="Explore"
      question={state}
      problems={problems}
      catalog={catalog}
      today={today}
      onChange={change}
      rows={
        <>
          {series.map((one, index) => (
            <SeriesRow
              key={index} // oxlint-disable-line react/no-array-index-key -- rows have no identity of their own
              title={`Series ${index + 1}`}
              series={one}
              catalog={catalog}
              onChange={(changed) => change({ series: replaced(series, index, changed) })}
              onRemove={
                series.length > 1
                  ? () => change({ series: series.filter((other) => other !== one) })
                  : undefined
              }
            />
          ))}
          {series.length < SERIES_MAX && (
            <li className="px-4 py-2.5 sm:pl-22">
              <AddEvent
                title="Add a series…"
                catalog={catalog}
                onAdd={(event_type) => change({ series: [...series, { event_type, filters: [] }] })}
              />
            </li>
          )}
        </>
      }
      options={<Options question={state} catalog={catalog} change={change} />}
    >
      {shown.length ? (
        <TrendsOf question={state} today={today} />
      ) : (
        <p className="text-muted">Choose the property that the series measures.</p>
      )}
    </Builder>
  );
}

interface SeriesRowProps {
  readonly title: string;
  readonly series: Series;
  readonly catalog: Catalog;
  readonly onChange: (series: Series) => void;
  readonly onRemove: (() => void) | undefined;
}

function SeriesRow({ title, series, catalog, onChange, onRemove }: SeriesRowProps) {
  const { aggregate = "total", property, ...step } = series;
  const select = (next: typeof aggregate): void =>
    onChange({
      ...step,
      ...(next !== "total" && { aggregate: next }),
      ...(needsProperty(next) && property !== undefined && { property }),
    });
  return (
    <EventRow title={title} step={series} catalog={catalog} onChange={onChange} onRemove={onRemove}>
      <select
        aria-label={`Measure of ${title.toLowerCase()}`}
        className="field mt-0 w-auto"
        value={aggregate}
        onChange={({ target }) => select(target.value as typeof aggregate)}
      >
        {Object.entries(AGGREGATES).map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
      {needsProperty(aggregate) && (
        <PropertySelect
          label={`Property of ${title.toLowerCase()}`}
          property={property}
          properties={catalog.numbersOf(series.event_type)}
          onChange={(chosen) => onChange({ ...series, property: chosen })}
        />
      )}
    </EventRow>
  );
}

interface OptionsProps {
  readonly question: TrendsQuestion;
  readonly catalog: Catalog;
  readonly change: (change: Partial<TrendsQuestion>) => void;
}

function Options({ question: { interval, compare, by }, catalog, change }: OptionsProps) {
  return (
    <>
      <Choice
        label="Interval"
        options={INTERVALS}
        value={interval}
        onChange={(chosen) => change({ interval: chosen })}
      />
      <Choice
        label="Compare with"
        options={COMPARISONS}
        value={compare}
        onChange={(chosen) => change({ compare: chosen })}
      />
      <BreakdownChoice by={by} catalog={catalog} onChange={(chosen) => change({ by: chosen })} />
    </>
  );
}

interface TrendsOfProps {
  readonly question: TrendsQuestion;
  readonly today: Day;
}

function TrendsOf({ question, today }: TrendsOfProps) {
  const query = queryOfTrends(question);
  const found = useInsight({ kind: "trends", ...query });
  const series = shownSeries(question.series);
  return (
    <Result
      title="Trend"
      operation="trends"
      query={query}
      found={found}
      isEmpty={(data: TrendsResult) => !data.series.some(({ values }) => values.some(Boolean))}
      table={(data) => rowsOfTrends(data, linesOf(data, series))}
    >
      {(data) => (
        <Trends
          result={data}
          lines={linesOf(data, series)}
          isUnfinished={question.dates.range.end_date >= today}
        />
      )}
    </Result>
  );
}
