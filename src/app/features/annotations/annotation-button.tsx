"use client";

import { lazy, Suspense, useState } from "react";
import { useSession } from "@/features/auth/session-provider";
import { useNow, useToday, useZone } from "@/features/clock/clock";
import { localTime } from "@/features/clock/zones";
import type { DayRange } from "@/features/dashboard/days";

const AnnotationDialog = lazy(() => import("./annotation-dialog"));

/** Opens the dialog for a new annotation: now, or at the start of the chart's last day if the chart is of the past. */
export function AnnotationButton({ range: { start_date, end_date } }: { readonly range: DayRange }) {
  const canEdit = useSession().scopes.includes("views:write");
  const [isOpen, setIsOpen] = useState(false);
  const [now, zone, { day }] = [useNow(), useZone(), useToday()];
  if (!canEdit) return null;
  const isCurrent = start_date <= day && day <= end_date;
  return (
    <>
      <button type="button" className="button" onClick={() => setIsOpen(true)}>
        Annotate
      </button>
      {isOpen && (
        <Suspense>
          <AnnotationDialog
            local={isCurrent ? localTime(now, zone).slice(0, 16).replace(" ", "T") : `${end_date}T00:00`}
            onClose={() => setIsOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}
