"use client";

import { useRef } from "react";
import { closeMenu, LazyMenu } from "./menu";
import { type Option, SearchList } from "./search-list";

interface PickerProps {
  /** What is selected, for screen readers: `Events of step 1`. */
  readonly label: string;
  /** The text of the button if no option is selected. */
  readonly placeholder: string;
  readonly options: readonly Option[];
  readonly selected?: string | undefined;
  /** Returns the value of a text that isn't the title of an option. By default, only options can be selected. */
  readonly valueFor?: (text: string) => string;
  readonly onSelect: (value: string) => void;
}

/** Selects one of many options, which can be searched. */
export function Picker({ label, placeholder, options, selected, valueFor, onSelect }: PickerProps) {
  const content = useRef<HTMLDivElement>(null);
  const shown = options.find(({ value }) => value === selected)?.title ?? placeholder;
  const select = (value: string): void => {
    if (content.current) closeMenu(content.current);
    onSelect(value);
  };
  return (
    <LazyMenu
      label={label === placeholder ? label : `${label}: ${shown}`}
      className="select-button"
      button={<span className="truncate">{shown}</span>}
    >
      <div ref={content}>
        <SearchList
          label={label}
          options={options}
          selected={selected}
          valueFor={valueFor}
          onSelect={select}
        />
      </div>
    </LazyMenu>
  );
}
