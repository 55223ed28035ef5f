"use client";

import { useAnalytics } from "@acme/analytics-react";
import { listUsers, type UserDescription } from "@acme/analytics-sdk/insights";
import Form from "next/form";
import { useCallback } from "react";
import { usePath } from "@/features/auth/session-provider";
import { useZone } from "@/features/clock/clock";
import { formatNumber, formatTime } from "@/features/dashboard/format";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import { CsvButton } from "@/features/insights/csv-button";
import { type ReadPage, usePages } from "@/features/insights/use-pages";
import { OPENED, openedIn } from "@/features/views/saved";
import { ViewControls } from "@/features/views/view-controls";
import type { PagedList } from "@/ui/paged-list";
import { Skeleton } from "@/ui/skeleton";
import { Table } from "@/ui/table";
import { useQuery } from "@/ui/use-query";
import { UserLink } from "./user-link";

const SEARCH_CHARACTERS_MAX = 255;

/** The users who sent events, the one with the latest event first. The search is in the URL. */
export function Users({ search }: { readonly search: string }) {
  const { list, error, load } = useUsers(search);
  const failure = firstToReport([error]);
  return (
    <main className="mx-auto max-w-5xl space-y-4 px-3 py-5 sm:px-6">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h1 className="text-xl font-semibold">Users</h1>
        <div className="flex min-w-0 flex-wrap gap-2">
          <SearchForm search={search} />
          {list && list.data.length > 0 && <CsvButton name="users" rows={() => rowsOf(list.data)} />}
          <ViewControls />
        </div>
      </div>
      {failure && <ErrorAlert error={failure} retry={() => load(null)} />}
      <output className="block min-h-5 text-sm text-muted">{list && summaryOf(list, search)}</output>
      <div aria-busy={!list && !error}>
        {!list && !error && <Skeleton className="h-96" />}
        {list && list.data.length > 0 && <UserTable users={list.data} />}
      </div>
      {list?.next_cursor && (
        <button type="button" className="button" onClick={() => load(list.next_cursor)}>
          Show more users
        </button>
      )}
    </main>
  );
}

/** Read the users whose ids contain a text. */
export function useUsers(search: string): ReturnType<typeof usePages<UserDescription>> {
  const client = useAnalytics();
  const read = useCallback<ReadPage<UserDescription>>(
    (cursor, signal) => listUsers(client, search ? { search } : {}, { cursor, signal }),
    [client, search],
  );
  return usePages(read);
}

function rowsOf(users: readonly UserDescription[]) {
  return [
    ["user_id", "events", "first_seen", "last_seen"],
    ...users.map(({ user_id, events, first_seen, last_seen }) => [user_id, events, first_seen, last_seen]),
  ];
}

export function summaryOf({ data, next_cursor }: PagedList<UserDescription>, search: string): string {
  if (!data.length) return search ? `No user ID contains “${search}”.` : "No user has sent events yet.";
  const users = data.length === 1 ? "1 user" : `${data.length} users`;
  return next_cursor
    ? `The ${users} with the latest events.`
    : `${users}, the one with the latest event first.`;
}

function SearchForm({ search }: { readonly search: string }) {
  const users = usePath()("users");
  const opened = openedIn(useQuery());
  return (
    <search className="min-w-0">
      <Form action={users} className="flex min-w-0 gap-2">
        <input
          key={search}
          name="search"
          type="search"
          aria-label="Search user IDs"
          placeholder="A part of the user ID"
          defaultValue={search}
          maxLength={SEARCH_CHARACTERS_MAX}
          autoComplete="off"
          spellCheck={false}
          className="field mt-0 w-60 min-w-0 bg-surface text-sm"
        />
        {opened && <input type="hidden" name={OPENED} value={opened} />}
        <button className="button">Search</button>
      </Form>
    </search>
  );
}

export function UserTable({ users }: { readonly users: readonly UserDescription[] }) {
  const zone = useZone();
  return (
    <Table
      caption="Users, the one with the latest event first"
      head={
        <>
          <th className="px-4 py-2">User ID</th>
          <th className="px-4 py-2 text-right">Events</th>
          <th className="px-4 py-2 max-sm:hidden">First seen ({zone})</th>
          <th className="px-4 py-2">Last seen ({zone})</th>
        </>
      }
    >
      {users.map(({ user_id, events, first_seen, last_seen }) => (
        <tr key={user_id}>
          <th scope="row" className="px-4 py-2 font-medium">
            <UserLink user_id={user_id} />
          </th>
          <td className="px-4 py-2 text-right tabular-nums">{formatNumber(events)}</td>
          <td className="px-4 py-2 text-muted tabular-nums max-sm:hidden">{formatTime(first_seen, zone)}</td>
          <td className="px-4 py-2 text-muted tabular-nums">{formatTime(last_seen, zone)}</td>
        </tr>
      ))}
    </Table>
  );
}
