"use client";

import { useState } from "react";
import { openAfterLeaving } from "@/features/auth/open-organization";
import { useSession } from "@/features/auth/session-provider";
import { attempt } from "@/features/errors/attempt";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { Panel } from "@/ui/panel";
import { remove } from "./actions";

/** Ends the user's own membership. Every role may do so, except the only owner. */
export function Leave() {
  const session = useSession();
  const { org_id, organizations, role, user } = session;
  const name = organizations.find((one) => one.org_id === org_id)?.name ?? org_id;
  const [notice, setNotice] = useState<NoticeContent>();
  const leave = async (): Promise<void> => {
    const result = await attempt(remove(user.id));
    if (result === "removed") openAfterLeaving(session);
    else setNotice({ error: result });
  };
  return (
    <Panel title="Leave the organisation">
      <div className="space-y-2 px-4 pb-4 text-sm">
        <p className="text-muted">
          You lose access to {name}. Only an admin can add you again.
          {role === "owner" && " If you're the only owner, make another member an owner first."}
        </p>
        <ConfirmMenu
          label={`Leave ${name}`}
          button="Leave"
          action="Leave organisation"
          onConfirm={() => void leave()}
        >
          Leave {name}? You can&apos;t undo this.
        </ConfirmMenu>
        <Notice notice={notice} />
      </div>
    </Panel>
  );
}
