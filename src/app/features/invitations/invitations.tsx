"use client";

import type { InvitationDescription, InvitationList } from "@acme/analytics-sdk";
import { useState } from "react";
import { useTabData } from "@/features/auth/use-tab-data";
import { attempt } from "@/features/errors/attempt";
import { ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import type { PageData } from "@/server/page-data";
import { withPage } from "@/ui/paged-list";
import { list, listMore, revoke } from "./actions";
import { InvitationForm } from "./invitation-form";
import { withInvitation } from "./invitation-list";
import { InvitationTable } from "./invitation-table";

/** The open invitations of the organisation that this tab shows, and the form to invite a person. */
export function Invitations(page: PageData<InvitationList>) {
  const { org_id, data, error, show, update } = useTabData(page, list);
  const [notice, setNotice] = useState<NoticeContent>();
  const revokeHere = async ({ invitation_id, email }: InvitationDescription): Promise<void> => {
    const result = await attempt(revoke(org_id, invitation_id));
    if (result !== "revoked") return setNotice({ error: result });
    update((shown) => ({ ...shown, data: shown.data.filter((one) => one.invitation_id !== invitation_id) }));
    return setNotice({ done: `The invitation of ${email} is revoked.` });
  };
  const more = async (cursor: string): Promise<void> => {
    const next = await attempt(listMore(org_id, cursor));
    if (typeof next === "string") show(next);
    else update((shown) => withPage(shown, cursor, next));
  };
  return (
    <>
      <InvitationForm org_id={org_id} onInvited={(one) => update((shown) => withInvitation(shown, one))} />
      {error && <ErrorText error={ERRORS[error]} role="alert" />}
      <Notice notice={notice} takesFocus />
      {data && <InvitationTable invitations={data.data} onRevoke={(one) => void revokeHere(one)} />}
      {data?.next_cursor && (
        <button type="button" className="button" onClick={() => void more(data.next_cursor!)}>
          Show older invitations
        </button>
      )}
    </>
  );
}
