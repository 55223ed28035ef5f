import type { Filters } from "@/lib/filters";

interface FilterNotesProps {
  readonly filters: Filters;
  readonly problems: readonly string[];
  readonly isMetricKnown: boolean;
}

/** What of the address could not be used, and what the filters do not reach. */
export function FilterNotes({
  filters: { user_id, event_types, metric },
  problems,
  isMetricKnown,
}: FilterNotesProps) {
  const notes = [
    ...problems,
    ...(isMetricKnown ? [] : [`This organisation has no metric “${metric}”: events are shown.`]),
    ...(event_types.length
      ? [`Events are counted of ${event_types.join(", ")} only; other metrics are of all events.`]
      : []),
    ...(user_id ? [`The list shows events of ${user_id}; metrics are of all users.`] : []),
  ];
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
