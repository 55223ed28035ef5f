"use client";

import { attempt } from "@/features/errors/attempt";
import { type ErrorCode, ERRORS, type ErrorMessage } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { Dialog } from "@/ui/dialog";
import { SubmitButton } from "@/ui/submit-button";
import { useForm } from "@/ui/use-form";
import { NAME_CHARACTERS_MAX } from "./saved";

interface NameDialogProps<T> {
  readonly title: string;
  /** What everybody sees or can do with the name. */
  readonly hint?: string;
  readonly name?: string;
  readonly submit: string;
  readonly onSubmit: (name: string) => Promise<T | ErrorCode>;
  readonly onDone: (result: T) => void;
  readonly onClose: () => void;
}

/** Asks for the name of a view or of a board. */
export function NameDialog<T extends object>(props: NameDialogProps<T>) {
  const { title, hint, name = "", submit, onSubmit, onDone, onClose } = props;
  const { result, isPending, form } = useForm(async (fields): Promise<{ readonly error?: ErrorMessage }> => {
    const entered = fields.get("name");
    const done = await attempt(onSubmit(typeof entered === "string" ? entered.trim() : ""));
    if (typeof done === "string") return { error: ERRORS[done] };
    onDone(done);
    return {};
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form {...form} className="space-y-3">
        <label className="block font-medium">
          Name
          <input
            name="name"
            required
            maxLength={NAME_CHARACTERS_MAX}
            defaultValue={name}
            autoComplete="off"
            className="field"
          />
        </label>
        {hint && <p className="text-muted">{hint}</p>}
        <output className="block">{result?.error && <ErrorText error={result.error} />}</output>
        <SubmitButton isPending={isPending}>{submit}</SubmitButton>
      </form>
    </Dialog>
  );
}
