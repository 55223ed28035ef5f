"use client";

import ErrorPage from "./(signed-in)/error";
import "./globals.css";

/** When even the frame around the pages has failed. */
export default function GlobalError(props: Parameters<typeof ErrorPage>[0]) {
  return (
    <html lang="en">
      <body>
        <ErrorPage {...props} />
      </body>
    </html>
  );
}
