"use server";

import type { AnnotationChange, AnnotationDescription, NewAnnotation } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { createAnnotation, deleteAnnotation, updateAnnotation } from "@/server/annotations-api";
import { act } from "@/server/page-data";

/** Write an annotation for the organisation. */
export async function writeAnnotation(annotation: NewAnnotation): Promise<AnnotationDescription | ErrorCode> {
  return act((token) => createAnnotation(token, annotation), "invalid_annotation");
}

/** Change an annotation, unless somebody has changed it since it was read. */
export async function changeAnnotation(
  annotation: AnnotationDescription,
  change: AnnotationChange,
): Promise<AnnotationDescription | ErrorCode> {
  return act((token) => updateAnnotation(token, annotation, change), "invalid_annotation");
}

/** Delete an annotation. */
export async function removeAnnotation(annotation_id: string): Promise<"removed" | ErrorCode> {
  return act(async (token) => {
    await deleteAnnotation(token, annotation_id);
    return "removed" as const;
  });
}
