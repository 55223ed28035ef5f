"use client";

import { useInsight } from "@acme/analytics-react";
import type { TrendsQuery } from "@acme/analytics-sdk/insights";
import { type ReactNode, useState } from "react";
import type { DayRange } from "@/features/dashboard/days";
import { formatNumber, formatRange } from "@/features/dashboard/format";
import { messageOfError } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import type { TimedQuestion } from "@/features/insights/address";
import type { Attribute } from "@/features/insights/attributes";
import { CsvButton } from "@/features/insights/csv-button";
import { nameOfGroup } from "@/features/insights/format";
import type { OpenUsers } from "@/features/insights/trends";
import type { Series } from "@/features/insights/trends-question";
import { Dialog } from "@/ui/dialog";
import { USERS_MAX, usersQueryOf } from "./behind";
import { UserLink } from "./user-link";

interface Opened {
  readonly title: string;
  readonly query: TrendsQuery;
}

/** Return a function that opens the list of the users behind a number, and the dialog with this list. */
export function useUsersDialog(
  question: TimedQuestion,
  series: readonly Series[],
  by?: Attribute,
): { readonly openUsers: OpenUsers; readonly dialog: ReactNode } {
  const [opened, setOpened] = useState<Opened>();
  const openUsers: OpenUsers = ({ title, index, group }, days: DayRange) => {
    const asked = series[index];
    const query =
      asked && (!group || by)
        ? usersQueryOf(question, asked, days, group && by ? { by, value: group } : undefined)
        : undefined;
    return query && (() => setOpened({ title: `${title}, ${formatRange(days)}`, query }));
  };
  const dialog = opened && (
    <Dialog title={opened.title} onClose={() => setOpened(undefined)}>
      <UsersBehind query={opened.query} />
    </Dialog>
  );
  return { openUsers, dialog };
}

/** The users with the most matching events. */
function UsersBehind({ query }: { readonly query: TrendsQuery }) {
  const { data, error } = useInsight({ kind: "trends", ...query });
  if (error) return <ErrorText error={messageOfError(error)} role="alert" />;
  const users = data?.series.filter(({ breakdown }) => breakdown?.kind === "value") ?? [];
  const rows = users.map(({ breakdown, total }) => [nameOfGroup(breakdown!), total ?? 0] as const);
  const others = data && data.series.length > users.length;
  return (
    <>
      <div className="flex items-center justify-between gap-3">
        <output className="text-muted">{data ? summaryOf(rows.length, Boolean(others)) : "Loading…"}</output>
        {rows.length > 0 && <CsvButton name="users" rows={() => [["user_id", "events"], ...rows]} />}
      </div>
      {rows.length > 0 && (
        <ul
          aria-label="Users"
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be focusable
          tabIndex={0}
          className="max-h-[60dvh] divide-y divide-line overflow-y-auto"
        >
          {rows.map(([user_id, events]) => (
            <li key={user_id} className="flex justify-between gap-4 py-1.5">
              <UserLink user_id={user_id} />
              <span className="shrink-0 text-muted tabular-nums">
                {formatNumber(events)} {events === 1 ? "event" : "events"}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function summaryOf(users: number, hasMore: boolean): string {
  if (!users) return "No user has matching events.";
  if (hasMore) return `The ${USERS_MAX} users with the most events.`;
  return users === 1 ? "1 user." : `${users} users, the one with the most events first.`;
}
