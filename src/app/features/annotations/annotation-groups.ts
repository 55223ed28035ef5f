import type { AnnotationDescription } from "@acme/analytics-sdk";
import { timesOf } from "@/features/clock/zones";

/** The limit of the API. */
export const TEXT_CHARACTERS_MAX = 400;
/** The width of a marker. Markers that would overlap are one. */
const MARKER_PX = 28;
/** The texts that the name of a marker contains. */
const TEXTS_NAMED = 3;

/** Annotations that share a marker. */
export interface AnnotationGroup {
  /** The horizontal position in percent. */
  readonly position: number;
  /** The earliest is first. */
  readonly annotations: readonly AnnotationDescription[];
}

/** Return the horizontal position of a point in percent. */
function positionOf(point: number, points: number): number {
  return points > 1 ? (100 * point) / (points - 1) : 50;
}

/**
 * Return the annotations of a chart by their markers. A bucket contains an annotation if it is the last one that
 * doesn't begin later, in the time zone of buckets that are days.
 */
export function groupsOf(
  annotations: readonly AnnotationDescription[],
  buckets: readonly string[],
  zone: string,
  width: number,
): readonly AnnotationGroup[] {
  const starts = buckets.map((bucket) => startOf(bucket, zone));
  const sorted = [...annotations].sort((a, b) => (a.at < b.at ? -1 : 1));
  const groups: { position: number; annotations: AnnotationDescription[] }[] = [];
  for (const annotation of sorted) {
    const point = starts.filter((start) => start <= Date.parse(annotation.at)).length - 1;
    if (point < 0) continue;
    const position = positionOf(point, buckets.length);
    const last = groups.at(-1);
    if (last && ((position - last.position) / 100) * width < MARKER_PX) last.annotations.push(annotation);
    else groups.push({ position, annotations: [annotation] });
  }
  return groups;
}

function startOf(bucket: string, zone: string): number {
  if (bucket.includes("T")) return Date.parse(bucket);
  return Date.parse(timesOf({ start_date: bucket, end_date: bucket }, zone).start_date);
}

/** Return the name of a marker for screen readers. */
export function nameOfGroup(annotations: readonly AnnotationDescription[]): string {
  const [only] = annotations;
  if (only && annotations.length === 1) return `Annotation: ${only.text}`;
  const texts = annotations.slice(0, TEXTS_NAMED).map(({ text }) => text);
  const rest = annotations.length - texts.length;
  return `${annotations.length} annotations: ${texts.join("; ")}${rest ? `; and ${rest} more` : ""}`;
}

/** Return an entered text as one line. */
export function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
