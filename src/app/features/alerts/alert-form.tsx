"use client";

import type { AlertCondition, AlertDescription, AlertSecret, ViewDescription } from "@acme/analytics-sdk";
import { attempt } from "@/features/errors/attempt";
import { type ErrorCode, ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { NAME_CHARACTERS_MAX } from "@/features/views/saved";
import { CopyOnce } from "@/ui/copy-once";
import { SubmitButton } from "@/ui/submit-button";
import { textIn, useForm } from "@/ui/use-form";
import { addAlert } from "./actions";
import { CONDITIONS } from "./conditions";

/** The limit of the API. */
const URL_CHARACTERS_MAX = 1_000;

interface AlertFormProps {
  readonly view: ViewDescription;
  readonly onCreated: (alert: AlertDescription) => void;
}

interface CreationResult {
  /** The last new alert. After an error, its secret is kept, because it may not be copied yet. */
  readonly created?: AlertSecret | undefined;
  readonly error?: ErrorCode;
}

/** Creates an alert, and shows its secret once. */
export function AlertForm({ view, onCreated }: AlertFormProps) {
  const { result, isPending, form } = useForm(async (fields, previous): Promise<CreationResult> => {
    const text = (name: string): string => textIn(fields, name).trim();
    const condition = { type: text("type") as AlertCondition["type"], threshold: Number(text("threshold")) };
    const { view_id } = view;
    const created = await attempt(addAlert({ view_id, name: text("name"), condition, url: text("url") }));
    if (typeof created === "string") return { created: previous?.created, error: created };
    const { secret: _, ...alert } = created;
    onCreated(alert);
    return { created };
  });
  const { created, error } = result ?? {};
  return (
    <>
      <form {...form} className="space-y-3">
        <label className="block font-medium">
          Name
          <input
            name="name"
            required
            maxLength={NAME_CHARACTERS_MAX}
            defaultValue={view.name}
            autoComplete="off"
            className="field"
          />
        </label>
        <div className="flex flex-wrap gap-3">
          <label className="grow font-medium">
            The number
            <select name="type" className="field">
              {Object.entries(CONDITIONS).map(([type, title]) => (
                <option key={type} value={type}>
                  {title}
                </option>
              ))}
            </select>
          </label>
          <label className="w-28 grow font-medium">
            Threshold
            <input name="threshold" type="number" step="any" required className="field" />
          </label>
        </div>
        <label className="block font-medium">
          URL of your endpoint
          <input
            name="url"
            type="url"
            required
            maxLength={URL_CHARACTERS_MAX}
            placeholder="https://"
            autoComplete="off"
            className="field"
          />
        </label>
        <SubmitButton isPending={isPending}>Create alert</SubmitButton>
      </form>
      <output className="block">
        {created && (
          <CopyOnce key={created.alert_id} text={created.secret} label="Copy secret">
            Copy the secret now. Your endpoint verifies the signatures of messages with it.
          </CopyOnce>
        )}
        {error && <ErrorText error={ERRORS[error]} />}
      </output>
    </>
  );
}
