"use client";

import type { OrganizationDescription } from "@acme/analytics-sdk";
import { useId } from "react";
import { useSession } from "@/features/auth/session-provider";
import { attempt } from "@/features/errors/attempt";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import { Panel } from "@/ui/panel";
import { SubmitButton } from "@/ui/submit-button";
import { useForm } from "@/ui/use-form";
import { rename } from "./actions";
import { NAME_CHARACTERS_MAX } from "./name";

interface NameFormProps {
  readonly name: string;
  readonly onRenamed: (organization: OrganizationDescription) => void;
}

/** Renames the organisation. */
export function NameForm({ name, onRenamed }: NameFormProps) {
  const { showOrganization } = useSession();
  const hint = useId();
  const { result, isPending, form } = useForm(async (fields): Promise<NoticeContent> => {
    const renamed = await attempt(rename(fields));
    if (typeof renamed === "string") return { error: renamed };
    onRenamed(renamed);
    showOrganization(renamed);
    return { done: `The organisation is now called ${renamed.name}.` };
  });
  return (
    <Panel title="Name">
      <form {...form} className="flex flex-wrap items-end gap-3 px-4">
        <label className="grow basis-48 text-sm font-medium">
          Organisation name
          <input
            name="name"
            required
            maxLength={NAME_CHARACTERS_MAX}
            defaultValue={name}
            aria-describedby={hint}
            className="field"
          />
        </label>
        <SubmitButton isPending={isPending}>Rename</SubmitButton>
      </form>
      <p id={hint} className="px-4 pt-2 text-sm text-muted">
        All members see the name. The ID stays the same.
      </p>
      <div className="px-4 pt-2 pb-4">
        <Notice notice={result} />
      </div>
    </Panel>
  );
}
