"use client";

import type { CreatedApiKey } from "@acme/analytics-sdk";
import { useState } from "react";
import { attempt } from "@/features/errors/attempt";
import { ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { CopyOnce } from "@/ui/copy-once";
import { SubmitButton } from "@/ui/submit-button";
import { useForm } from "@/ui/use-form";
import { create, type CreationResult } from "./actions";

const NAME_CHARACTERS_MAX = 100;

interface KeyFormProps {
  /** Whether a key that was created here hasn't been revoked yet. */
  readonly isActive: (key: CreatedApiKey) => boolean;
  readonly onCreated: (key: CreatedApiKey) => void;
}

/** Creates a key and shows its secret once. */
export function KeyForm({ isActive, onCreated }: KeyFormProps) {
  const [kind, setKind] = useState("publishable");
  const { result, isPending, form } = useForm(async (fields, previous): Promise<CreationResult> => {
    const next = await attempt(create(fields));
    if (next === "request_failed") return { created: previous?.created, error: ERRORS.request_failed };
    if (!next.created) return { created: previous?.created, ...next };
    onCreated(next.created);
    setKind("publishable"); // the form is reset
    return next;
  });
  const { created, error } = result ?? {};
  return (
    <section className="rounded-lg border border-line bg-surface p-4" aria-label="New key">
      <form {...form} className="flex flex-wrap items-end gap-3">
        <label className="grow basis-48 text-sm font-medium">
          Name
          <input name="name" required maxLength={NAME_CHARACTERS_MAX} className="field" />
        </label>
        <label className="basis-80 text-sm font-medium max-sm:grow">
          Type
          <select
            name="kind"
            className="field"
            defaultValue="publishable"
            onChange={(event) => setKind(event.currentTarget.value)}
          >
            <option value="publishable">Publishable: write only, for browsers</option>
            <option value="read">Read-only: for servers that only read</option>
            <option value="secret">Secret: read and write, for servers</option>
          </select>
        </label>
        <label className="text-sm font-medium max-sm:grow">
          Expires
          <select name="expires_in_days" className="field">
            <option value="">Never</option>
            <option value="30">In 30 days</option>
            <option value="90">In 90 days</option>
            <option value="365">In a year</option>
          </select>
        </label>
        {kind === "publishable" && (
          <label className="grow basis-full text-sm font-medium">
            Allowed origins (optional)
            <input
              name="origins"
              className="field"
              placeholder="https://shop.example https://www.shop.example"
            />
            <span className="mt-1 block font-normal text-muted">
              If you enter origins, pages of other websites can&apos;t use the key. Programs outside browsers
              can still use it.
            </span>
          </label>
        )}
        <SubmitButton isPending={isPending}>Create key</SubmitButton>
      </form>
      <output className="block">
        {created && isActive(created) && (
          <CopyOnce key={created.key_id} text={created.api_key} label="Copy key">
            Copy the key <b>{created.name}</b> now.
          </CopyOnce>
        )}
        {error && <ErrorText error={error} className="mt-3 text-sm" />}
      </output>
    </section>
  );
}
