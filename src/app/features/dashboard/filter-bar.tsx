"use client";

import type { EventTypeCount } from "@acme/analytics-sdk";
import type { FormEvent } from "react";
import type { Day } from "./days";
import { EventTypeFilter } from "./event-type-filter";
import type { Filters } from "./filters";
import { RangeFilter } from "./range-filter";
import type { ChangeFilters } from "./use-filters";

interface FilterBarProps {
  readonly filters: Filters;
  readonly counts: readonly EventTypeCount[] | undefined;
  readonly today: Day;
  readonly change: ChangeFilters;
}

/** The controls of all filters. */
export function FilterBar({ filters, counts, today, change }: FilterBarProps) {
  const { event_types, user_id } = filters;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <RangeFilter dates={filters} today={today} onChange={({ range, days }) => change({ range, days })} />
      <EventTypeFilter
        counts={counts}
        chosen={event_types}
        onChoose={(types) => change({ event_types: types })}
      />
      <UserFilter user_id={user_id} onChoose={(user) => change({ user_id: user })} />
      {(event_types.length > 0 || user_id) && (
        <button
          type="button"
          className="link-button"
          onClick={() => change({ event_types: [], user_id: undefined })}
        >
          Clear filters
        </button>
      )}
    </div>
  );
}

interface UserFilterProps {
  readonly user_id: string | undefined;
  readonly onChoose: (user_id: string | undefined) => void;
}

/** Filters by a user id, which is applied by Enter or when the field loses focus. */
function UserFilter({ user_id, onChoose }: UserFilterProps) {
  const apply = (text: string): void => {
    if (text.trim() !== (user_id ?? "")) onChoose(text.trim() || undefined);
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    apply((event.currentTarget.elements.namedItem("user_id") as HTMLInputElement).value);
  };
  return (
    <form onSubmit={submit}>
      <input
        key={user_id} // resets the field when the filter changes otherwise
        name="user_id"
        type="search"
        aria-label="User ID"
        placeholder="User ID"
        autoComplete="off"
        spellCheck={false}
        defaultValue={user_id}
        onBlur={({ target }) => apply(target.value)}
        className="field mt-0 w-36 bg-surface py-1 text-sm"
      />
    </form>
  );
}

interface FilterNotesProps {
  readonly filters: Filters;
  readonly problems: readonly string[];
  readonly isMetricKnown: boolean;
}

/** Lists the invalid parameters of the URL and the data that the filters don't apply to. */
export function FilterNotes({
  filters: { user_id, event_types, metric },
  problems,
  isMetricKnown,
}: FilterNotesProps) {
  const notes = [
    ...problems,
    ...(isMetricKnown ? [] : [`This organisation has no metric “${metric}”. Showing events.`]),
    ...(event_types.length
      ? [`The Events metric counts only ${event_types.join(", ")}. Other metrics include all event types.`]
      : []),
    ...(user_id ? [`The list shows only events of ${user_id}. Metrics include all users.`] : []),
  ];
  return <Notes notes={notes} />;
}

/** Texts about what the page shows, one per line. */
export function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (!notes.length) return null;
  return (
    <output aria-label="Notes" className="block space-y-1 text-sm text-muted">
      {notes.map((note) => (
        <span className="block" key={note}>
          {note}
        </span>
      ))}
    </output>
  );
}
