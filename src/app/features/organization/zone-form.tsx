"use client";

import type { OrganizationDescription } from "@acme/analytics-sdk";
import { useId } from "react";
import { useSession } from "@/features/auth/session-provider";
import { attempt } from "@/features/errors/attempt";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import { Panel } from "@/ui/panel";
import { SubmitButton } from "@/ui/submit-button";
import { useForm } from "@/ui/use-form";
import { changeZone } from "./actions";

interface ZoneFormProps {
  readonly timezone: string;
  /** The time zones to choose from. */
  readonly zones: readonly string[];
  readonly onChanged: (organization: OrganizationDescription) => void;
}

/** Changes the time zone in which the organisation's days begin. */
export function ZoneForm({ timezone, zones, onChanged }: ZoneFormProps) {
  const { showOrganization } = useSession();
  const hint = useId();
  const { result, isPending, form } = useForm(async (fields): Promise<NoticeContent> => {
    const changed = await attempt(changeZone(fields));
    if (typeof changed === "string") return { error: changed };
    onChanged(changed);
    showOrganization(changed);
    return { done: `Days now begin in the time zone ${changed.timezone}.` };
  });
  return (
    <Panel title="Time zone">
      <form {...form} className="flex flex-wrap items-end gap-3 px-4">
        <label className="grow basis-48 text-sm font-medium">
          Time zone
          <select
            key={timezone}
            name="timezone"
            defaultValue={timezone}
            aria-describedby={hint}
            className="field"
          >
            {zones.map((zone) => (
              <option key={zone}>{zone}</option>
            ))}
          </select>
        </label>
        <SubmitButton isPending={isPending}>Change</SubmitButton>
      </form>
      <p id={hint} className="px-4 pt-2 text-sm text-muted">
        Days, weeks and months of all pages with events begin in this time zone. Loaded metrics, usage and the
        audit log are in UTC.
      </p>
      <div className="px-4 pt-2 pb-4">
        <Notice notice={result} />
      </div>
    </Panel>
  );
}
