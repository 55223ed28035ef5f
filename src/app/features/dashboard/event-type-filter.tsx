import type { EventTypeCount } from "@acme/analytics-sdk";
import { Menu } from "@/ui/menu";
import { toggled } from "./filters";
import { formatNumber } from "./format";

interface EventTypeFilterProps {
  readonly counts: readonly EventTypeCount[] | undefined;
  readonly chosen: readonly string[];
  readonly onChoose: (event_types: readonly string[]) => void;
}

/** A menu of the event types, each with its count in the range. */
export function EventTypeFilter({ counts, chosen, onChoose }: EventTypeFilterProps) {
  const seen = counts ?? [];
  const unseen = chosen.filter((type) => !seen.some(({ event_type }) => event_type === type));
  const options = [...seen, ...unseen.map((event_type) => ({ event_type, count: 0 }))];
  return (
    <div className="rounded-md border border-line bg-surface">
      <Menu
        label={`Event types: ${nameOf(chosen)}`}
        button={<span className="max-w-48 truncate px-1.5 py-0.5">{nameOf(chosen)}</span>}
      >
        <fieldset className="max-h-[60vh] overflow-y-auto">
          <legend className="sr-only">Event types</legend>
          {options.map(({ event_type, count }) => (
            <label key={event_type} className="menu-item cursor-pointer">
              <span className="flex min-w-0 items-center gap-2">
                <input
                  type="checkbox"
                  className="size-4 shrink-0 accent-accent"
                  checked={chosen.includes(event_type)}
                  onChange={() => onChoose(toggled(chosen, event_type))}
                />
                <span className="truncate">{event_type}</span>
              </span>
              <span className="text-muted tabular-nums">{formatNumber(count)}</span>
            </label>
          ))}
          {!options.length && <p className="p-3 text-sm text-muted">No events in this period.</p>}
        </fieldset>
      </Menu>
    </div>
  );
}

function nameOf(chosen: readonly string[]): string {
  if (!chosen.length) return "All event types";
  return chosen.length === 1 ? chosen[0]! : `${chosen.length} event types`;
}
