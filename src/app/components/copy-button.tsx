"use client";

import { type RefObject, useState } from "react";
import { copyText } from "@/lib/copy-text";

interface CopyButtonProps {
  /** The element whose text is copied. */
  readonly of: RefObject<HTMLElement | null>;
  readonly label: string;
}

/** Copies a text that is shown, and says so, or how to do it. */
export function CopyButton({ of, label }: CopyButtonProps) {
  const [says, setSays] = useState(label);
  const copy = async (): Promise<void> => {
    setSays((await copyText(of.current!)) ? "Copied" : "Selected: press Ctrl+C or ⌘C");
  };
  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <span aria-live="polite">{says}</span>
    </button>
  );
}
