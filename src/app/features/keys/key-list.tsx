"use client";

import type { ApiKeyDescription } from "@acme/analytics-sdk";
import { formatDay } from "@/features/dashboard/format";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { Table } from "@/ui/table";
import { Wrappable } from "@/ui/wrappable";

const KINDS = { secret: "secret", read: "read-only", publishable: "publishable" } as const;

interface KeyListProps {
  readonly keys: readonly ApiKeyDescription[];
  readonly onRevoke: (key: ApiKeyDescription) => void;
}

/** The table of the organisation's keys. */
export function KeyList({ keys, onRevoke }: KeyListProps) {
  if (!keys.length)
    return <p className="text-muted">No API keys yet. Create an API key to send your first event.</p>;
  return (
    <Table
      caption="API keys, newest first"
      head={
        <>
          <th className="py-2 pr-2 pl-4 sm:pr-4">Name</th>
          <th className="px-2 py-2 sm:px-4">Type</th>
          <th className="px-4 py-2 max-sm:hidden">Created (UTC)</th>
          <th className="px-4 py-2 max-sm:hidden">Expires (UTC)</th>
          <th className="px-4 py-2 max-sm:hidden">Last used (UTC)</th>
          <th className="px-4 py-2 max-md:hidden">SHA-256</th>
          <th className="w-px px-2 py-2">
            <span className="sr-only">Actions</span>
          </th>
        </>
      }
    >
      {keys.map((key) => (
        <KeyRow key={key.key_id} apiKey={key} onRevoke={() => onRevoke(key)} />
      ))}
    </Table>
  );
}

function KeyRow({ apiKey, onRevoke }: { readonly apiKey: ApiKeyDescription; readonly onRevoke: () => void }) {
  const { key_id, name, kind, created_at, expires_at, last_used_on, origins } = apiKey;
  return (
    <tr>
      <th scope="row" className="min-w-24 py-2 pr-2 pl-4 font-medium sm:max-w-48 sm:truncate sm:pr-4">
        <Wrappable>{name}</Wrappable>
      </th>
      <td className="min-w-28 px-2 py-2 sm:px-4">
        {KINDS[kind]}
        {origins.length > 0 && (
          <span className="block text-muted" title="Allowed origins">
            <Wrappable>{origins.join(", ")}</Wrappable>
          </span>
        )}
      </td>
      <td className="px-4 py-2 whitespace-nowrap max-sm:hidden">{formatDay(created_at)}</td>
      <td className="px-4 py-2 whitespace-nowrap max-sm:hidden">
        {expires_at ? formatDay(expires_at) : "never"}
      </td>
      <td className="px-4 py-2 whitespace-nowrap max-sm:hidden">
        {last_used_on ? formatDay(last_used_on) : "not yet"}
      </td>
      <td className="px-4 py-2 font-mono max-md:hidden">{key_id.slice(0, 12)}…</td>
      <td className="px-2 py-1">
        <ConfirmMenu label={`Revoke ${name}`} button="Revoke" action="Revoke key" onConfirm={onRevoke}>
          Apps that use {name} can no longer get access tokens. Tokens already issued expire within 15 minutes
          and 30 seconds. You can&apos;t undo this.
        </ConfirmMenu>
      </td>
    </tr>
  );
}
