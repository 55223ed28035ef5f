"use client";

import { useId, useState } from "react";
import { showTheme, type Theme, THEMES } from "@/lib/theme";

const NAMES: Readonly<Record<Theme, string>> = { system: "System", light: "Light", dark: "Dark" };

/** Light, dark, or as the system has it; kept in a cookie, so that the server renders it. */
export function ThemeChoice({ theme }: { readonly theme: Theme }) {
  const [chosen, setChosen] = useState(theme);
  const name = useId();
  const choose = (next: Theme): void => {
    setChosen(next);
    showTheme(next);
  };
  return (
    <fieldset className="flex gap-1 rounded-md bg-raised p-1">
      <legend className="sr-only">Theme</legend>
      {THEMES.map((option) => (
        <label key={option} className="flex-1 cursor-pointer text-center text-sm">
          <input
            type="radio"
            name={name}
            className="peer sr-only"
            checked={chosen === option}
            onChange={() => choose(option)}
          />
          <span className="block rounded px-2 py-1 peer-checked:bg-surface peer-checked:shadow-sm peer-focus-visible:outline-2 peer-focus-visible:outline-accent">
            {NAMES[option]}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
