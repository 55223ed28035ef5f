import type { ReactNode } from "react";
import { SettingsNav } from "@/features/navigation/settings-nav";

/** The pages about the organisation, with links between them. */
export default function SettingsLayout({ children }: { readonly children: ReactNode }) {
  return (
    <div className="mx-auto max-w-5xl px-3 py-6 sm:px-6">
      <SettingsNav />
      {children}
    </div>
  );
}
