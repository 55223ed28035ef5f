"use client";

import type { MemberDescription, MemberList } from "@acme/analytics-sdk";
import { useState } from "react";
import { openAfterLeaving } from "@/features/auth/open-organization";
import { usePath, useSession } from "@/features/auth/session-provider";
import { attempt } from "@/features/errors/attempt";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import { withPage } from "@/ui/paged-list";
import { usePageData } from "@/ui/use-page-data";
import { changeRole, listMore, remove } from "./actions";
import { MemberTable } from "./member-table";
import { nameOf, type Role } from "./member";

/** The members of the organisation, for its admins. */
export function Members({ rendered }: { readonly rendered: MemberList }) {
  const session = useSession();
  const { user } = session;
  const settings = usePath()("settings");
  const [data, update] = usePageData(rendered);
  const [notice, setNotice] = useState<NoticeContent & { readonly takesFocus?: boolean }>();

  const change = async (member: MemberDescription, role: Role): Promise<void> => {
    const changed = await attempt(changeRole(member.user_id, role));
    if (typeof changed === "string") return setNotice({ error: changed, takesFocus: true });
    if (member.user_id === user.id) return location.assign(settings); // with the new role
    update((shown) => ({
      ...shown,
      data: shown.data.map((one) => (one.user_id === member.user_id ? changed : one)),
    }));
    return setNotice({ done: `The role of ${nameOf(member)} is now ${role}.` });
  };
  const end = async (member: MemberDescription): Promise<void> => {
    const result = await attempt(remove(member.user_id));
    if (result !== "removed") return setNotice({ error: result, takesFocus: true });
    if (member.user_id === user.id) return openAfterLeaving(session);
    update((shown) => ({ ...shown, data: shown.data.filter((one) => one.user_id !== member.user_id) }));
    return setNotice({ done: `${nameOf(member)} is no longer a member.`, takesFocus: true });
  };
  const more = async (cursor: string): Promise<void> => {
    const next = await attempt(listMore(cursor));
    if (typeof next === "string") return setNotice({ error: next, takesFocus: true });
    const all = update((shown) => withPage(shown, cursor, next));
    setNotice({ done: `${all.data.length} members are shown.`, takesFocus: !next.next_cursor });
  };
  const { next_cursor } = data;
  return (
    <>
      <Notice notice={notice} takesFocus={notice?.takesFocus ?? false} />
      <MemberTable
        members={data.data}
        isComplete={next_cursor === null}
        onChange={(member, role) => void change(member, role)}
        onRemove={(member) => void end(member)}
      />
      {next_cursor !== null && (
        <button type="button" className="button" onClick={() => void more(next_cursor)}>
          Show more members
        </button>
      )}
    </>
  );
}
