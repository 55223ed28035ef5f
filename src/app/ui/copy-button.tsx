"use client";

import { type RefObject, useState } from "react";

interface CopyButtonProps {
  /** The element whose text is copied. */
  readonly of: RefObject<HTMLElement | null>;
  readonly label: string;
}

/** Copies a text that the page shows. */
export function CopyButton({ of, label }: CopyButtonProps) {
  const [text, setText] = useState(label);
  const copy = async (): Promise<void> => {
    setText((await copyText(of.current!)) ? "Copied" : "Press Ctrl+C or ⌘C to copy");
  };
  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <span aria-live="polite">{text}</span>
    </button>
  );
}

/**
 * Copy the element's text, and return whether that was possible. Pages over http have no clipboard, and access
 * to it may be denied. The text then stays selected, so that the reader can copy it with the keyboard.
 */
async function copyText(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(element);
    return document.execCommand("copy");
  }
}
