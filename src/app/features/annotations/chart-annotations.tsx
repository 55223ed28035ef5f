"use client";

import type { AnnotationDescription } from "@acme/analytics-sdk";
import { useEffect, useMemo, useRef, useState } from "react";
import { useZone } from "@/features/clock/clock";
import { localTime } from "@/features/clock/zones";
import type { DayRange } from "@/features/dashboard/days";
import { attempt } from "@/features/errors/attempt";
import { textOf } from "@/features/errors/error-messages";
import { useToast } from "@/ui/toast";
import { removeAnnotation } from "./actions";
import AnnotationDialog from "./annotation-dialog";
import { groupsOf } from "./annotation-groups";
import { AnnotationMarker } from "./annotation-marker";
import { readAgain, useAnnotations } from "./use-annotations";

/** The width with which the markers are placed until the chart is measured. */
const WIDTH_PX = 320;

interface ChartAnnotationsProps {
  readonly range: DayRange;
  /** The times or days at which the chart's intervals begin. */
  readonly buckets: readonly string[];
}

/** The annotations of a chart, at the top of its plot. */
export default function ChartAnnotations({ range, buckets }: ChartAnnotationsProps) {
  const list = useAnnotations(range);
  const zone = useZone();
  const layer = useRef<HTMLFieldSetElement>(null);
  const [width, setWidth] = useState(WIDTH_PX);
  const [edited, setEdited] = useState<AnnotationDescription>();
  const { toast, show } = useToast();
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry!.contentRect.width));
    observer.observe(layer.current!);
    return () => observer.disconnect();
  }, []);
  const groups = useMemo(() => groupsOf(list ?? [], buckets, zone, width), [list, buckets, zone, width]);
  const remove = async ({ annotation_id }: AnnotationDescription): Promise<void> => {
    const result = await attempt(removeAnnotation(annotation_id));
    layer.current?.focus(); // the marker may disappear
    if (result !== "removed") return show(textOf(result));
    readAgain();
    return show("Annotation deleted.");
  };
  return (
    <fieldset ref={layer} tabIndex={-1} aria-label="Annotations" className="annotations">
      {list === null && <p className="annotations-missing">Annotations can&apos;t be loaded.</p>}
      {groups.map((group) => (
        <AnnotationMarker
          key={group.annotations[0]!.annotation_id}
          group={group}
          onEdit={setEdited}
          onDelete={(annotation) => void remove(annotation)}
        />
      ))}
      {edited && (
        <AnnotationDialog
          annotation={edited}
          local={localTime(edited.at, zone).slice(0, 16).replace(" ", "T")}
          onClose={() => setEdited(undefined)}
        />
      )}
      {toast}
    </fieldset>
  );
}
