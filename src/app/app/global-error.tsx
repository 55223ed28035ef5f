"use client";

import { PlainHeader } from "@/ui/plain-header";
import ErrorPage from "./o/[org_id]/error";
import "./globals.css";

/** Replaces the whole document when the root layout failed. */
export default function GlobalError(props: Parameters<typeof ErrorPage>[0]) {
  return (
    <html lang="en">
      <body>
        <PlainHeader />
        <ErrorPage {...props} />
      </body>
    </html>
  );
}
