"use client";

import { useAnalytics } from "@acme/analytics-react";
import { type DroppedUser, type DroppedUsersQuery, listDroppedUsers } from "@acme/analytics-sdk/insights";
import { useCallback } from "react";
import { useZone } from "@/features/clock/clock";
import { formatTime } from "@/features/dashboard/format";
import { messageOfError } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { UserLink } from "@/features/users/user-link";
import type { PagedList } from "@/ui/paged-list";
import { type ReadPage, usePages } from "./use-pages";

/** The users who reached a step of a funnel but not the next one. */
export function DroppedUsers({ query }: { readonly query: DroppedUsersQuery }) {
  const client = useAnalytics();
  const zone = useZone();
  const key = JSON.stringify(query);
  const read = useCallback<ReadPage<DroppedUser>>(
    (cursor, signal) => listDroppedUsers(client, JSON.parse(key) as DroppedUsersQuery, { cursor, signal }),
    [client, key],
  );
  const { list, error, load } = usePages(read);
  return (
    <>
      {error && <ErrorText error={messageOfError(error)} role="alert" />}
      <output className="block text-muted">{list ? summaryOf(list, zone) : !error && "Loading…"}</output>
      {list && list.data.length > 0 && (
        <ul
          aria-label="Users who dropped off"
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls must be focusable
          tabIndex={0}
          className="max-h-80 divide-y divide-line overflow-y-auto"
        >
          {list.data.map(({ user_id, reached_at }) => (
            <li key={user_id} className="flex flex-wrap justify-between gap-x-4 py-1.5">
              <UserLink user_id={user_id} />
              <span className="text-muted tabular-nums">{formatTime(reached_at, zone)}</span>
            </li>
          ))}
        </ul>
      )}
      {list?.next_cursor && (
        <button type="button" className="button" onClick={() => load(list.next_cursor)}>
          Show more users
        </button>
      )}
    </>
  );
}

function summaryOf({ data, next_cursor }: PagedList<DroppedUser>, zone: string): string {
  if (!data.length) return "Nobody dropped off after this step.";
  const users = data.length === 1 ? "1 user" : `${data.length} users`;
  return `${next_cursor ? `The first ${users}` : users}, with the time (${zone}) of reaching the step.`;
}
