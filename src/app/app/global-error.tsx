"use client";

import ErrorPage from "./(signed-in)/error";
import "./globals.css";

/** Replaces the whole document when the root layout failed. */
export default function GlobalError(props: Parameters<typeof ErrorPage>[0]) {
  return (
    <html lang="en">
      <body>
        <ErrorPage {...props} />
      </body>
    </html>
  );
}
