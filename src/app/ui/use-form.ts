"use client";

import { type ComponentProps, type SyntheticEvent, useActionState, useRef } from "react";

interface FormState<T> {
  /** The result of the last submission. */
  readonly result: T | undefined;
  readonly isPending: boolean;
  /** The properties of the form. */
  readonly form: Pick<ComponentProps<"form">, "action" | "onReset">;
}

/**
 * Submit a form with a server action. React resets a form after its action, even after an error, so this hook prevents
 * the reset if the result has an `error`: the form keeps its input. `submit` also gets the previous result.
 */
export function useForm<T extends object>(
  submit: (fields: FormData, previous: T | undefined) => Promise<T>,
): FormState<T> {
  const hasFailed = useRef(false);
  const [result, action, isPending] = useActionState<T | undefined, FormData>(async (previous, fields) => {
    const next = await submit(fields, previous);
    hasFailed.current = "error" in next && next.error !== undefined;
    return next;
  }, undefined);
  const onReset = (event: SyntheticEvent): void => {
    if (hasFailed.current) event.preventDefault();
  };
  return { result, isPending, form: { action, onReset } };
}

/** Return the text of a field, which is empty if the form has no such field. */
export function textIn(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}
