"use client";

import { useActionState, useRef } from "react";
import { create, type Creation } from "@/app/(signed-in)/keys/actions";
import { CopyButton } from "@/components/copy-button";
import type { ApiKey } from "@/lib/server/analytics-api";
import { explain } from "@/lib/trouble";

const NAME_CHARACTERS_MAX = 100;

interface KeyFormProps {
  readonly org_id: string;
  readonly onCreated: (keys: readonly ApiKey[]) => void;
}

/** Creates a key, and shows its secret once. */
export function KeyForm({ org_id, onCreated }: KeyFormProps) {
  const createHere = async (previous: Creation, form: FormData): Promise<Creation> => {
    const creation = await create(previous, form);
    if (creation.keys) onCreated(creation.keys);
    return creation;
  };
  const [{ created, trouble }, action, isPending] = useActionState<Creation, FormData>(createHere, {});
  return (
    <section className="rounded-lg border border-line bg-surface p-4" aria-label="New key">
      <form action={action} className="flex flex-wrap items-end gap-3">
        <input type="hidden" name="org_id" value={org_id} />
        <label className="grow basis-48 text-sm font-medium">
          Name
          <input name="name" required maxLength={NAME_CHARACTERS_MAX} className="field" />
        </label>
        <label className="basis-80 text-sm font-medium max-sm:grow">
          Kind
          <select name="kind" className="field">
            <option value="publishable">Publishable: only writes, for browsers</option>
            <option value="secret">Secret: reads and writes, for servers</option>
          </select>
        </label>
        <button className="button button-main" disabled={isPending}>
          Create a key
        </button>
      </form>
      <output className="block">
        {created && <Secret key={created.key_id} name={created.name} secret={created.api_key} />}
        {trouble && (
          <p className="mt-3 text-sm text-bad">
            {trouble === "invalid" ? "A key needs a name that is not blank." : explain(trouble)}
          </p>
        )}
      </output>
    </section>
  );
}

function Secret({ name, secret }: { readonly name: string; readonly secret: string }) {
  const secretRef = useRef<HTMLElement>(null);
  return (
    <div className="mt-4 space-y-2 rounded-md bg-raised p-3 text-sm">
      <p>
        The key <b>{name}</b>. Copy it now: it is shown this once and can&apos;t be read again.
      </p>
      <p className="flex flex-wrap items-center gap-2">
        <code ref={secretRef} className="font-mono break-all select-all">
          {secret}
        </code>
        <CopyButton of={secretRef} label="Copy the key" />
      </p>
    </div>
  );
}
