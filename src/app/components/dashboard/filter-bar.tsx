import type { EventTypeCount } from "@acme/analytics-sdk";
import type { Day } from "@/lib/days";
import type { Filters } from "@/lib/filters";
import type { ChangeFilters } from "@/lib/use-filters";
import { EventTypeFilter } from "./event-type-filter";
import { RangeChoice } from "./range-choice";
import { UserFilter } from "./user-filter";

interface FilterBarProps {
  readonly filters: Filters;
  readonly counts: readonly EventTypeCount[] | undefined;
  readonly today: Day;
  readonly change: ChangeFilters;
}

/** What is shown, of all there is. */
export function FilterBar({ filters, counts, today, change }: FilterBarProps) {
  const { event_types, user_id } = filters;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <RangeChoice filters={filters} today={today} change={change} />
      <EventTypeFilter
        counts={counts}
        chosen={event_types}
        onChoose={(types) => change({ event_types: types })}
      />
      <UserFilter user_id={user_id} onChoose={(user) => change({ user_id: user })} />
      {(event_types.length > 0 || user_id) && (
        <button
          type="button"
          className="nav-link"
          onClick={() => change({ event_types: [], user_id: undefined })}
        >
          Clear
        </button>
      )}
    </div>
  );
}
