"use client";

import type { AnnotationDescription } from "@acme/analytics-sdk";
import { useZone } from "@/features/clock/clock";
import { timeOf } from "@/features/clock/zones";
import { attempt } from "@/features/errors/attempt";
import { type ErrorCode, ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { Dialog } from "@/ui/dialog";
import { SubmitButton } from "@/ui/submit-button";
import { textIn, useForm } from "@/ui/use-form";
import { changeAnnotation, writeAnnotation } from "./actions";
import { inOneLine, TEXT_CHARACTERS_MAX } from "./annotation-groups";
import { readAgain } from "./use-annotations";

interface AnnotationDialogProps {
  /** The annotation to change. Undefined for a new one. */
  readonly annotation?: AnnotationDescription;
  /** The local time that the form contains at first, such as `2026-11-30T09:30`. */
  readonly local: string;
  readonly onClose: () => void;
}

/** Writes an annotation, or changes one. */
export default function AnnotationDialog({ annotation, local, onClose }: AnnotationDialogProps) {
  const zone = useZone();
  const { result, isPending, form } = useForm(async (fields): Promise<{ readonly error?: ErrorCode }> => {
    const entered = textIn(fields, "at");
    const text = inOneLine(textIn(fields, "text"));
    const done = await attempt(
      annotation
        ? // The form has no seconds, so a time that wasn't changed is kept.
          changeAnnotation(annotation, entered === local ? { text } : { at: timeOf(entered, zone), text })
        : writeAnnotation({ at: timeOf(entered, zone), text }),
    );
    if (typeof done === "string") return { error: done };
    readAgain();
    onClose();
    return {};
  });
  return (
    <Dialog title={annotation ? "Edit annotation" : "Add annotation"} onClose={onClose}>
      <form {...form} className="space-y-3">
        <label className="block font-medium">
          Text
          <textarea
            name="text"
            required
            rows={3}
            dir="auto"
            maxLength={TEXT_CHARACTERS_MAX}
            defaultValue={annotation?.text}
            className="field"
          />
        </label>
        <label className="block font-medium">
          Time ({zone})
          <input
            name="at"
            type="datetime-local"
            required
            min="0001-01-01T00:00"
            max="9999-12-31T00:00"
            defaultValue={local}
            className="field"
          />
        </label>
        <p className="text-muted">
          All members of the organisation see the text on charts over time that contain this moment.
        </p>
        <output className="block">{result?.error && <ErrorText error={ERRORS[result.error]} />}</output>
        <SubmitButton isPending={isPending}>{annotation ? "Save" : "Add"}</SubmitButton>
      </form>
    </Dialog>
  );
}
