"use client";

import type { AuditEntryDescription, AuditLog } from "@acme/analytics-sdk";
import { useCallback, useEffect } from "react";
import { useTabData } from "@/features/auth/use-tab-data";
import { attempt } from "@/features/errors/attempt";
import { ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import type { PageData } from "@/server/page-data";
import { read } from "./actions";
import { type AuditFilters, detailsOf, formatTime, targetOf, titleOf } from "./entries";

interface EntryListProps {
  readonly filters: AuditFilters;
  readonly page: PageData<AuditLog> | undefined;
  /** Called with a text about the list, which is announced to screen readers. */
  readonly onSummary: (summary: string) => void;
}

/** The entries that match the filters, newest first. */
export function EntryList({ filters, page, onSummary }: EntryListProps) {
  const load = useCallback((organization: string) => read(organization, filters), [filters]);
  const { org_id, data, error, show } = useTabData(page, load);
  const summary = data ? summaryOf(data) : "";
  useEffect(() => onSummary(summary), [summary, onSummary]);
  const more = async (shown: AuditLog, cursor: string): Promise<void> => {
    const next = await attempt(read(org_id, filters, cursor));
    show(typeof next === "string" ? next : { ...next, data: [...shown.data, ...next.data] });
  };
  return (
    <>
      {error && <ErrorText error={ERRORS[error]} role="alert" />}
      {data && data.data.length > 0 && <EntryTable entries={data.data} />}
      {data?.next_cursor && (
        <button type="button" className="button" onClick={() => void more(data, data.next_cursor!)}>
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
    <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
      <table className="w-full text-left text-sm">
        <caption className="sr-only">Administrative acts, newest first</caption>
        <thead className="text-muted">
          <tr className="border-b border-line">
            <th className="py-2 pr-2 pl-4 font-medium">Time (UTC)</th>
            <th className="px-2 py-2 font-medium">Actor</th>
            <th className="py-2 pr-4 pl-2 font-medium">Act</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <EntryRow key={entry.entry_id} entry={entry} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function EntryRow({ entry }: { readonly entry: AuditEntryDescription }) {
  const { at, actor, request_id } = entry;
  const details = detailsOf(entry).join(" · ");
  return (
    <tr className="border-b border-line align-top [overflow-wrap:anywhere] last:border-0">
      <td className="w-28 py-2 pr-2 pl-4 text-muted tabular-nums sm:w-44">
        <time dateTime={at}>{formatTime(at)}</time>
      </td>
      <td className="px-2 py-2">
        {actor.id}
        {actor.type === "operator" && <span className="block text-muted">service operator</span>}
      </td>
      <td className="py-2 pr-4 pl-2">
        <span className="font-medium">{titleOf(entry)}</span>: {targetOf(entry)}
        {details && <span className="block text-muted">{details}</span>}
        {request_id && <span className="block text-muted max-sm:hidden">Request {request_id}</span>}
      </td>
    </tr>
  );
}
