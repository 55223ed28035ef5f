import type { Metadata } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { THEME_COOKIE, themeFrom } from "@/ui/theme";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Acme Analytics", template: "%s · Acme Analytics" },
  description: "Events and daily metrics for your organisation",
};

/** The document. The server renders the reader's theme, so that no page flashes. */
export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const theme = themeFrom((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html lang="en" data-theme={theme}>
      <body>{children}</body>
    </html>
  );
}
