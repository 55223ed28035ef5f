"use client";

import { INTERVALS } from "@/features/filters/intervals";
import { replaced } from "@/ui/replaced";
import { BreakdownChoice } from "./breakdown-choice";
import { Builder } from "./builder";
import type { Catalog } from "./catalog";
import { EventRow } from "./event-row";
import { AddEvent, PropertySelect } from "./pickers";
import {
  AGGREGATES,
  needsProperty,
  searchOfTrends,
  type Series,
  SERIES_MAX,
  shownSeries,
  trendsFrom,
} from "./trends-question";
import { TrendsOf } from "./trends-result";
import { useCatalog } from "./use-catalog";
import { useQuestion } from "./use-question";

/** Measures of events over time. The whole question is in the URL. */
export function Explore() {
  const { state, problems, change } = useQuestion(trendsFrom, searchOfTrends);
  const catalog = useCatalog(state.dates.range);
  const { series } = state;
  const shown = shownSeries(series);
  return (
    <Builder
      title="Explore"
      question={state}
      problems={problems}
      catalog={catalog}
      intervals={INTERVALS}
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
      options={<BreakdownChoice by={state.by} catalog={catalog} onChange={(by) => change({ by })} />}
    >
      {shown.length ? (
        <TrendsOf question={state} />
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
