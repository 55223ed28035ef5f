import type { Event } from "@acme/analytics-sdk";
import { type KeyboardEvent, useState } from "react";

interface Actions {
  readonly reveal: (index: number) => void;
  /** Called with the event of a row that became active. */
  readonly follow: (event: Event | undefined) => void;
  readonly open: (event: Event | undefined) => void;
  readonly close: () => void;
}

interface GridKeys {
  /** The index of the active row, or -1 without an active row. */
  readonly active: number;
  readonly setActive: (index: number) => void;
  readonly onKeyDown: (key: KeyboardEvent) => void;
}

/** Handle the keys of a grid as the ARIA Authoring Practices describe. `page` is the number of rows per page. */
export function useGridKeys(events: readonly Event[], page: number, actions: Actions): GridKeys {
  const [chosen, setChosen] = useState<Event>();
  const active = chosen ? events.indexOf(chosen) : -1; // a refresh may have moved the row
  const setActive = (index: number): void => setChosen(events[index]);
  const end = events.length - 1;
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: end,
  };
  const acts: Readonly<Record<string, () => void>> = {
    Enter: () => actions.open(events[active]),
    " ": () => actions.open(events[active]),
    Escape: actions.close,
  };
  const onKeyDown = (key: KeyboardEvent): void => {
    const target = moves[key.key];
    const act = target === undefined ? acts[key.key] : () => move(Math.max(0, Math.min(end, target)));
    if (!act || key.altKey || key.ctrlKey || key.metaKey) return;
    key.preventDefault();
    act();
  };
  const move = (index: number): void => {
    setActive(index);
    actions.reveal(index);
    actions.follow(events[index]);
  };
  return { active, setActive, onKeyDown };
}
