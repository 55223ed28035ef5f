import type { ReactNode } from "react";

interface MessagePageProps {
  readonly title: string;
  /** What has happened, and what to do. */
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

/** A page that shows a message instead of its content. */
export function MessagePage({ title, children, actions }: MessagePageProps) {
  return (
    <main className="mx-auto max-w-xl px-4 py-16 sm:py-24">
      <h1 className="text-2xl font-semibold">{title}</h1>
      <div className="mt-3 space-y-2 text-muted">{children}</div>
      {actions && <div className="mt-6 flex flex-wrap gap-3">{actions}</div>}
    </main>
  );
}
