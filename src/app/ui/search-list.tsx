"use client";

import { type KeyboardEvent, useId, useState } from "react";

/** An option of a list that can be searched. */
export interface Option {
  readonly value: string;
  readonly title: string;
  /** A text after the title, such as a count. */
  readonly note?: string;
}

interface SearchListProps {
  /** The list's name for screen readers. */
  readonly label: string;
  readonly options: readonly Option[];
  readonly selected?: string | undefined;
  /** Returns the value of a text that no option has as its title. By default, only options can be selected. */
  readonly valueFor?: ((text: string) => string) | undefined;
  readonly onSelect: (value: string) => void;
}

/** The number of options that are rendered. The search finds the others. */
const SHOWN_MAX = 50;

/** A field that searches options, and the options that it finds. The field keeps the focus. */
export function SearchList({ label, options, selected, valueFor, onSelect }: SearchListProps) {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const found = matching(options, text);
  const shown = [...found.slice(0, SHOWN_MAX), ...typedOption(options, text, valueFor)];
  const move = (index: number): void => {
    setActive(index);
    document.getElementById(`${id}-${index}`)?.scrollIntoView({ block: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { key } = event;
    if (key === "ArrowDown") move(Math.min(active + 1, shown.length - 1));
    else if (key === "ArrowUp") move(Math.max(active - 1, 0));
    else if (key === "Enter" && shown[active]) onSelect(shown[active].value);
    else return;
    event.preventDefault();
  };
  return (
    <div className="p-1">
      <input
        ref={focusWhenShown}
        role="combobox"
        aria-label={`Search: ${label}`}
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={shown[active] ? `${id}-${active}` : undefined}
        placeholder="Search…"
        autoComplete="off"
        spellCheck={false}
        value={text}
        className="field mt-0 mb-1"
        onKeyDown={onKeyDown}
        onChange={({ target }) => {
          setText(target.value);
          setActive(0);
        }}
      />
      <div
        id={id}
        role="listbox" // oxlint-disable-line jsx-a11y/prefer-tag-over-role -- a <select> can't be searched
        aria-label={label}
        tabIndex={-1}
        className="max-h-[min(20rem,50dvh)] overflow-y-auto"
      >
        {shown.map(({ value, title, note }, index) => (
          // The field handles the keys, because it keeps the focus.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={value}
            id={`${id}-${index}`}
            role="option" // oxlint-disable-line jsx-a11y/prefer-tag-over-role
            tabIndex={-1}
            aria-selected={value === selected}
            data-active={index === active || undefined}
            className="option"
            onClick={() => onSelect(value)}
            onPointerMove={() => setActive(index)}
          >
            <span>{title}</span>
            {note && <span className="text-muted tabular-nums">{note}</span>}
          </div>
        ))}
      </div>
      <output className="block px-3 py-1 text-xs text-muted">
        {summaryOf(found.length, options.length)}
      </output>
    </div>
  );
}

/** Focus the field now or, if its menu or dialog isn't shown yet, when the browser shows it. */
function focusWhenShown(field: HTMLInputElement | null): void {
  field?.setAttribute("autofocus", "");
  field?.focus();
}

/** Return the options whose title contains the text, in any case. */
export function matching(options: readonly Option[], text: string): readonly Option[] {
  const part = text.trim().toLowerCase();
  return part ? options.filter(({ title }) => title.toLowerCase().includes(part)) : options;
}

/** Return an option for the text itself, unless an option has it as its title. */
export function typedOption(
  options: readonly Option[],
  text: string,
  valueFor: SearchListProps["valueFor"],
): readonly Option[] {
  const typed = text.trim();
  if (!typed || !valueFor || options.some(({ title }) => title === typed)) return [];
  return [{ value: valueFor(typed), title: `Use “${typed}”` }];
}

function summaryOf(found: number, all: number): string {
  if (!found) return all ? "Nothing found." : "Nothing to choose from.";
  return found > SHOWN_MAX ? `The first ${SHOWN_MAX} of ${found}. Type to search.` : "";
}
