import type { ReactNode } from "react";

/** The pages about the organisation. */
export default function SettingsLayout({ children }: { readonly children: ReactNode }) {
  return <div className="mx-auto max-w-5xl px-3 pb-6 sm:px-6">{children}</div>;
}
