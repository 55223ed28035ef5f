"use client";

import type { CreatedInvitation } from "@acme/analytics-sdk";
import { useSession } from "@/features/auth/session-provider";
import { attempt } from "@/features/errors/attempt";
import { type ErrorCode, ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { ROLES, rolesGrantedBy } from "@/features/members/member";
import { CopyOnce } from "@/ui/copy-once";
import { SubmitButton } from "@/ui/submit-button";
import { useForm } from "@/ui/use-form";
import { invite } from "./actions";
import { invitationPath } from "./invitation-path";

const EMAIL_CHARACTERS_MAX = 254;

interface InvitationFormProps {
  readonly onInvited: (invitation: CreatedInvitation) => void;
}

interface InvitationResult {
  /** The last new invitation. After an error, it is kept, because its link may not be copied yet. */
  readonly created?: CreatedInvitation | undefined;
  readonly error?: ErrorCode;
}

/** Invites a person, and shows the link of the invitation once. */
export function InvitationForm({ onInvited }: InvitationFormProps) {
  const { role: ownRole } = useSession();
  const { result, isPending, form } = useForm(async (fields, previous): Promise<InvitationResult> => {
    const created = await attempt(invite(fields));
    if (typeof created === "string") return { created: previous?.created, error: created };
    onInvited(created);
    return { created };
  });
  const { created, error } = result ?? {};
  return (
    <section className="rounded-lg border border-line bg-surface p-4" aria-label="New invitation">
      <form {...form} className="flex flex-wrap items-end gap-3">
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
          <CopyOnce
            key={created.invitation_id}
            text={location.origin + invitationPath(created.invitation_token)}
            label="Copy link"
          >
            Send this link to <b className="[overflow-wrap:anywhere]">{created.email}</b>. It works once, for
            7 days, and only with this e-mail address.
          </CopyOnce>
        )}
        {error && <ErrorText error={ERRORS[error]} className="mt-3 text-sm" />}
      </output>
    </section>
  );
}
