"use client";

import { type RefObject, useState } from "react";

interface CopyButtonProps {
  /** The element whose text is copied. */
  readonly of: RefObject<HTMLElement | null>;
  readonly label: string;
  /** What is copied, for screen readers, if several buttons have the same label. */
  readonly name?: string;
}

/** A button that copies the text of an element. */
export function CopyButton({ of, label, name }: CopyButtonProps) {
  const [text, setText] = useState(label);
  const copy = async (): Promise<void> => {
    setText((await copyText(of.current!)) ? "Copied" : "Press Ctrl+C or ⌘C to copy");
  };
  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <span aria-live="polite">{text}</span>
      {name !== undefined && <span className="sr-only">{name}</span>}
    </button>
  );
}

/**
 * Copy the element's text, and return whether the browser allows it. Pages over http have no clipboard, and users can
 * deny access to it. The text is then selected, so that the user can copy it with the keyboard.
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
