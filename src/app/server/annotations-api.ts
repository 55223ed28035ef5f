import "server-only";
import type { AnnotationChange, AnnotationDescription, NewAnnotation } from "@acme/analytics-sdk";
import { bearer, post } from "./analytics-api";
import { allPages, ifMatch, remove } from "./views-api";

// The API operations for annotations, which the SDK doesn't offer.

const ANNOTATIONS = "/api/v1/annotations";

/** Return the annotations of a range of times, latest first. */
export function listAnnotations(
  access_token: string,
  start_date: string,
  end_date: string,
): Promise<readonly AnnotationDescription[]> {
  return allPages(ANNOTATIONS, access_token, { start_date, end_date });
}

/** Write an annotation. */
export function createAnnotation(
  access_token: string,
  annotation: NewAnnotation,
): Promise<AnnotationDescription> {
  return post(ANNOTATIONS, annotation, bearer(access_token));
}

/** Change the version of an annotation that the page shows. */
export function updateAnnotation(
  access_token: string,
  { annotation_id, version }: AnnotationDescription,
  change: AnnotationChange,
): Promise<AnnotationDescription> {
  return post(`${ANNOTATIONS}/${annotation_id}`, change, ifMatch(access_token, version), "PATCH");
}

/** Delete an annotation. It may be deleted already. */
export function deleteAnnotation(access_token: string, annotation_id: string): Promise<void> {
  return remove(`${ANNOTATIONS}/${annotation_id}`, access_token);
}
