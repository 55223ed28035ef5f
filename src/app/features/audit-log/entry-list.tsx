"use client";

import type { AuditEntryDescription, AuditLog } from "@acme/analytics-sdk";
import Link from "next/link";
import { useEffect, useState } from "react";
import { usePath } from "@/features/auth/session-provider";
import { formatTime } from "@/features/dashboard/format";
import { attempt } from "@/features/errors/attempt";
import { type ErrorCode, ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { withPage } from "@/ui/paged-list";
import { Table } from "@/ui/table";
import { usePageData } from "@/ui/use-page-data";
import { Wrappable } from "@/ui/wrappable";
import { readMore } from "./actions";
import { type AuditFilters, detailsOf, keyIdOf, targetOf, titleOf } from "./entries";

interface EntryListProps {
  readonly filters: AuditFilters;
  readonly rendered: AuditLog;
  /** Called with a text about the list, which is announced to screen readers. */
  readonly onSummary: (summary: string) => void;
}

/** The entries that match the filters, newest first. */
export function EntryList({ filters, rendered, onSummary }: EntryListProps) {
  const [data, update] = usePageData(rendered);
  const [error, setError] = useState<ErrorCode>();
  const summary = summaryOf(data);
  useEffect(() => onSummary(summary), [summary, onSummary]);
  const more = async (cursor: string): Promise<void> => {
    const next = await attempt(readMore(filters, cursor));
    setError(typeof next === "string" ? next : undefined);
    if (typeof next !== "string") update((shown) => withPage(shown, cursor, next));
  };
  return (
    <>
      {error && <ErrorText error={ERRORS[error]} role="alert" />}
      {data.data.length > 0 && <EntryTable entries={data.data} />}
      {data.next_cursor && (
        <button type="button" className="button" onClick={() => void more(data.next_cursor!)}>
          Show older entries
        </button>
      )}
    </>
  );
}

function summaryOf({ data, next_cursor }: AuditLog): string {
  if (!data.length) return next_cursor ? "No entries so far. There are older entries." : "No entries match.";
  const entries = data.length === 1 ? "1 entry" : `${data.length} entries`;
  return next_cursor ? `The newest ${entries}.` : `${entries}.`;
}

function EntryTable({ entries }: { readonly entries: readonly AuditEntryDescription[] }) {
  return (
    <Table
      caption="Administrative acts, newest first"
      head={
        <>
          <th className="py-2 pr-2 pl-4">Time (UTC)</th>
          <th className="px-2 py-2">Actor</th>
          <th className="py-2 pr-4 pl-2">Act</th>
        </>
      }
    >
      {entries.map((entry) => (
        <EntryRow key={entry.entry_id} entry={entry} />
      ))}
    </Table>
  );
}

function EntryRow({ entry }: { readonly entry: AuditEntryDescription }) {
  const { at, actor, request_id } = entry;
  const auditLog = usePath()("settings/audit-log");
  const key = keyIdOf(entry);
  const details = [...(key ? [`SHA-256: ${key}`] : []), ...detailsOf(entry)].join(" · ");
  return (
    <tr className="align-top">
      <td className="w-28 py-2 pr-2 pl-4 text-muted tabular-nums sm:w-44">
        <time dateTime={at}>{formatTime(at, "UTC")}</time>
      </td>
      <td className="min-w-24 px-2 py-2">
        <Link
          href={`${auditLog}?${new URLSearchParams({ actor: actor.id })}`}
          aria-label={`Acts of ${actor.id}`}
          prefetch={false}
          className="underline decoration-line underline-offset-2"
        >
          <Wrappable>{actor.id}</Wrappable>
        </Link>
        {actor.type === "operator" && <span className="block text-muted">service operator</span>}
      </td>
      <td className="py-2 pr-4 pl-2">
        <span className="font-medium">{titleOf(entry)}</span>: <Wrappable>{targetOf(entry)}</Wrappable>
        {details && (
          <span className="block text-muted">
            <Wrappable>{details}</Wrappable>
          </span>
        )}
        {request_id && (
          <span className="block wrap-anywhere text-muted max-sm:hidden">Request {request_id}</span>
        )}
      </td>
    </tr>
  );
}
