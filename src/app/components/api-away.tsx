"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { StatePage } from "@/components/state-page";

const RETRY_MS = 3000;

/** The API does not answer the server: the page asks again by itself. */
export function ApiAway() {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => router.refresh(), RETRY_MS);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <StatePage
      title="The API does not answer"
      actions={
        <button type="button" className="button" onClick={() => router.refresh()}>
          Try again now
        </button>
      }
    >
      <output className="block">
        Your data is safe. This page asks again every few seconds and goes on by itself when the API is back.
      </output>
    </StatePage>
  );
}
