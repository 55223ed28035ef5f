"use client";

import type { InvitationDescription, InvitationList } from "@acme/analytics-sdk";
import { useState } from "react";
import { attempt } from "@/features/errors/attempt";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import { withPage } from "@/ui/paged-list";
import { usePageData } from "@/ui/use-page-data";
import { listMore, revoke } from "./actions";
import { InvitationForm } from "./invitation-form";
import { withInvitation } from "./invitation-list";
import { InvitationTable } from "./invitation-table";

/** The open invitations of the organisation, and the form to invite a person. */
export function Invitations({ rendered }: { readonly rendered: InvitationList }) {
  const [data, update] = usePageData(rendered);
  const [notice, setNotice] = useState<NoticeContent>();
  const revokeHere = async ({ invitation_id, email }: InvitationDescription): Promise<void> => {
    const result = await attempt(revoke(invitation_id));
    if (result !== "revoked") return setNotice({ error: result });
    update((shown) => ({ ...shown, data: shown.data.filter((one) => one.invitation_id !== invitation_id) }));
    return setNotice({ done: `The invitation of ${email} is revoked.` });
  };
  const more = async (cursor: string): Promise<void> => {
    const next = await attempt(listMore(cursor));
    if (typeof next === "string") setNotice({ error: next });
    else update((shown) => withPage(shown, cursor, next));
  };
  return (
    <>
      <InvitationForm onInvited={(one) => update((shown) => withInvitation(shown, one))} />
      <Notice notice={notice} takesFocus />
      <InvitationTable invitations={data.data} onRevoke={(one) => void revokeHere(one)} />
      {data.next_cursor && (
        <button type="button" className="button" onClick={() => void more(data.next_cursor!)}>
          Show older invitations
        </button>
      )}
    </>
  );
}
