import { type ReactNode, useId } from "react";

interface PanelProps {
  readonly title: string;
  /** Next to the title: a hint or controls. */
  readonly aside?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A section of the page with a title. */
export function Panel({ title, aside, className = "", children }: PanelProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={`rounded-lg border border-line bg-surface ${className}`}>
      <div className="flex min-h-14 flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2.5">
        <h2 id={id} className="font-semibold">
          {title}
        </h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
