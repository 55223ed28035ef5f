"use client";

import { useEvents } from "@acme/analytics-react";
import type { Day } from "@/features/dashboard/days";
import { FilterBar, Notes } from "@/features/dashboard/filter-bar";
import { eventFiltersOf } from "@/features/dashboard/filters";
import { RecentEvents } from "@/features/dashboard/recent-events";
import { useEventTypes } from "@/features/dashboard/use-event-types";
import { useFilters, useToday } from "@/features/dashboard/use-filters";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";

const EVENTS_REFRESH_MS = 3000;
const TYPES_REFRESH_MS = 15_000;
const HEIGHT = 720;

/** The list of events, to which new events are added as they arrive. All filters are in the URL. */
export function Live({ today: rendered }: { readonly today: Day }) {
  const today = useToday(rendered);
  const { filters, problems, change } = useFilters(today);
  const types = useEventTypes(filters.range, TYPES_REFRESH_MS);
  const events = useEvents(eventFiltersOf(filters), { refreshMs: EVENTS_REFRESH_MS });
  const failure = firstToReport([events.error, types.error]);
  const retry = (): void => {
    types.refetch();
    void events.refresh();
  };
  return (
    <main className="mx-auto max-w-[120rem] space-y-4 px-3 py-5 sm:px-6">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h1 className="text-xl font-semibold">Live</h1>
        <FilterBar filters={filters} counts={types.counts} today={today} change={change} />
      </div>
      <Notes notes={problems} />
      {failure && <ErrorAlert error={failure} retry={retry} />}
      <RecentEvents filters={filters} height={HEIGHT} />
    </main>
  );
}
