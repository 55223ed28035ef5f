"use client";

import type { InvitationList } from "@acme/analytics-sdk";
import { useRef } from "react";
import { useSession } from "@/features/auth/session-provider";
import { attempt } from "@/features/errors/attempt";
import { ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { ROLES, rolesGrantedBy } from "@/features/members/member";
import { CopyButton } from "@/ui/copy-button";
import { SubmitButton } from "@/ui/submit-button";
import { useForm } from "@/ui/use-form";
import { type InvitationResult, invite } from "./actions";
import { invitationPath } from "./invitation-path";

const EMAIL_CHARACTERS_MAX = 254;

interface InvitationFormProps {
  readonly org_id: string;
  readonly onInvited: (list: InvitationList) => void;
}

/** Invites a person, and shows the link of the invitation once. */
export function InvitationForm({ org_id, onInvited }: InvitationFormProps) {
  const { role: ownRole } = useSession();
  const { result, isPending, form } = useForm(async (fields): Promise<InvitationResult> => {
    const next = await attempt(invite(fields));
    if (next === "request_failed") return { error: ERRORS.request_failed };
    if (next.list) onInvited(next.list);
    return next;
  });
  const { created, error } = result ?? {};
  return (
    <section className="rounded-lg border border-line bg-surface p-4" aria-label="New invitation">
      <form {...form} className="flex flex-wrap items-end gap-3">
        <input type="hidden" name="org_id" value={org_id} />
        <label className="grow basis-48 text-sm font-medium">
          E-mail address
          <input type="email" name="email" required maxLength={EMAIL_CHARACTERS_MAX} className="field" />
        </label>
        <label className="min-w-0 text-sm font-medium max-sm:grow">
          Role
          <select name="role" className="field">
            {rolesGrantedBy(ownRole).map((role) => (
              <option key={role} value={role}>
                {role}: {ROLES[role].toLowerCase()}
              </option>
            ))}
          </select>
        </label>
        <SubmitButton isPending={isPending}>Invite</SubmitButton>
      </form>
      <output className="block">
        {created && (
          <InvitationLink
            key={created.invitation_id}
            email={created.email}
            token={created.invitation_token}
          />
        )}
        {error && <ErrorText error={error} className="mt-3 text-sm" />}
      </output>
    </section>
  );
}

function InvitationLink({ email, token }: { readonly email: string; readonly token: string }) {
  const link = useRef<HTMLElement>(null);
  return (
    <div className="mt-4 space-y-2 rounded-md bg-raised p-3 text-sm">
      <p>
        Send this link to <b className="[overflow-wrap:anywhere]">{email}</b>. It works once, for 7 days, and
        only with this e-mail address. You won&apos;t be able to see it again.
      </p>
      <p className="flex flex-wrap items-center gap-2">
        <code ref={link} className="font-mono break-all select-all">
          {location.origin + invitationPath(token)}
        </code>
        <CopyButton of={link} label="Copy link" />
      </p>
    </div>
  );
}
