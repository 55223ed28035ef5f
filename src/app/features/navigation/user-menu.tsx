"use client";

import { useId, useState } from "react";
import { SignOutButton } from "@/features/auth/sign-out-button";
import type { User } from "@/server/identity";
import { Menu } from "@/ui/menu";
import { showTheme, type Theme, THEMES } from "@/ui/theme";

const THEME_NAMES: Readonly<Record<Theme, string>> = { system: "System", light: "Light", dark: "Dark" };

interface UserMenuProps {
  readonly user: User;
  readonly role: string | null;
  readonly theme: Theme;
}

/** The signed-in user, the theme and the sign-out button. */
export function UserMenu({ user, role, theme }: UserMenuProps) {
  const initials = initialsOf(user.name);
  return (
    <Menu label={`${initials}: account of ${user.name}`} button={<Initials initials={initials} />}>
      <div className="space-y-3 p-2">
        <p className="text-sm">
          <span className="block font-medium">{user.name}</span>
          <span className="block text-muted">{user.email}</span>
          <span className="block text-muted">Role: {role ?? "none"}</span>
        </p>
        <ThemeSelect theme={theme} />
        <SignOutButton className="button w-full" />
      </div>
    </Menu>
  );
}

function Initials({ initials }: { readonly initials: string }) {
  return (
    <span className="grid size-7 place-items-center rounded-full bg-accent text-xs font-semibold text-on-accent">
      {initials}
    </span>
  );
}

/** Return `AL` for Ada Lovelace. */
function initialsOf(name: string): string {
  const words = name.split(/\s+/).slice(0, 2);
  return words.map(([letter]) => letter).join("");
}

/** Selects the theme, which a cookie stores so that the server renders it. */
function ThemeSelect({ theme }: { readonly theme: Theme }) {
  const [selected, setSelected] = useState(theme);
  const name = useId();
  const select = (next: Theme): void => {
    setSelected(next);
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
            checked={selected === option}
            onChange={() => select(option)}
          />
          <span className="block rounded px-2 py-1 peer-checked:bg-surface peer-checked:shadow-sm peer-focus-visible:outline-2 peer-focus-visible:outline-accent">
            {THEME_NAMES[option]}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
