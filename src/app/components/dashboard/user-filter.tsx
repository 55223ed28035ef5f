"use client";

import type { FormEvent } from "react";

interface UserFilterProps {
  readonly user_id: string | undefined;
  readonly onChoose: (user_id: string | undefined) => void;
}

/** Whose events to show. Taken when it is whole: by Enter, or on leaving the field. */
export function UserFilter({ user_id, onChoose }: UserFilterProps) {
  const take = (text: string): void => {
    if (text.trim() !== (user_id ?? "")) onChoose(text.trim() || undefined);
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    take((event.currentTarget.elements.namedItem("user_id") as HTMLInputElement).value);
  };
  return (
    <form onSubmit={submit}>
      <input
        key={user_id} // Back changes it too
        name="user_id"
        type="search"
        aria-label="User"
        placeholder="Any user"
        autoComplete="off"
        spellCheck={false}
        defaultValue={user_id}
        onBlur={({ target }) => take(target.value)}
        className="field mt-0 w-36 bg-surface py-1 text-sm"
      />
    </form>
  );
}
