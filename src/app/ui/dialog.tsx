"use client";

import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A modal dialog, which is open as long as it is rendered. Escape and a click outside close it. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal(); // before a field in the dialog gets the focus
    return () => shown?.close(); // returns the focus to the element that had it
  }, []);
  return (
    // The keyboard closes a dialog with Escape.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      aria-labelledby={id}
      className="dialog"
      onClose={() => {
        if (!dialog.current?.open) onClose(); // in development, React closes and opens a new dialog
      }}
      onClick={({ target }) => {
        if (target === dialog.current) dialog.current.close();
      }}
    >
      <div className="space-y-3 p-4 text-sm">
        <div className="flex items-start justify-between gap-3">
          <h2 id={id} className="min-w-0 text-base font-semibold wrap-anywhere">
            {title}
          </h2>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
