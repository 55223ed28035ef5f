import { type ReactNode, useRef } from "react";
import { CopyButton } from "./copy-button";

interface CopyOnceProps {
  readonly text: string;
  /** The label of the button. */
  readonly label: string;
  /** What to do with the text. */
  readonly children: ReactNode;
}

/** A text that is shown only once, with a button that copies it. */
export function CopyOnce({ text, label, children }: CopyOnceProps) {
  const code = useRef<HTMLElement>(null);
  return (
    <div className="mt-4 space-y-2 rounded-md bg-raised p-3 text-sm">
      <p>{children} You won&apos;t be able to see it again.</p>
      <p className="flex flex-wrap items-center gap-2">
        <code ref={code} className="font-mono break-all select-all">
          {text}
        </code>
        <CopyButton of={code} label={label} />
      </p>
    </div>
  );
}
