import type { ReactNode } from "react";

interface SubmitButtonProps {
  readonly isPending: boolean;
  readonly children: ReactNode;
}

/** The main button of a form. It keeps the focus while the form is submitted, which a disabled button doesn't. */
export function SubmitButton({ isPending, children }: SubmitButtonProps) {
  return (
    <button
      className="button button-main aria-disabled:opacity-60"
      aria-disabled={isPending}
      onClick={(event) => {
        if (isPending) event.preventDefault();
      }}
    >
      {children}
    </button>
  );
}
