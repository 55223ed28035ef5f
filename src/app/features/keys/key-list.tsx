"use client";

import type { ApiKeyDescription } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { Menu } from "@/ui/menu";
import { revoke } from "./actions";

interface KeyListProps {
  readonly org_id: string;
  readonly keys: readonly ApiKeyDescription[];
  readonly onRevoked: (result: readonly ApiKeyDescription[] | ErrorCode) => void;
}

/** The table of the organisation's keys. */
export function KeyList({ org_id, keys, onRevoked }: KeyListProps) {
  if (!keys.length)
    return <p className="text-muted">No API keys yet. Create an API key to send your first event.</p>;
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-surface">
      <table className="w-full text-left text-sm">
        <caption className="sr-only">API keys, newest first</caption>
        <thead className="text-muted">
          <tr className="border-b border-line">
            <th className="px-4 py-2 font-medium">Name</th>
            <th className="px-4 py-2 font-medium">Type</th>
            <th className="px-4 py-2 font-medium max-sm:hidden">Created (UTC)</th>
            <th className="px-4 py-2 font-medium max-sm:hidden">SHA-256</th>
            <th className="px-4 py-2">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow
              key={key.key_id}
              apiKey={key}
              onRevoke={() => void revoke(org_id, key.key_id).then(onRevoked)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function KeyRow({ apiKey, onRevoke }: { readonly apiKey: ApiKeyDescription; readonly onRevoke: () => void }) {
  const { key_id, name, kind, created_at } = apiKey;
  return (
    <tr className="border-b border-line last:border-0">
      <th scope="row" className="max-w-48 truncate px-4 py-2 font-medium">
        {name}
      </th>
      <td className="px-4 py-2">{kind}</td>
      <td className="px-4 py-2 max-sm:hidden">{created_at.slice(0, 10)}</td>
      <td className="px-4 py-2 font-mono max-sm:hidden">{key_id.slice(0, 12)}…</td>
      <td className="px-2 py-1">
        <Menu label={`Revoke ${name}`} button="Revoke">
          <div className="space-y-2 p-2 whitespace-normal">
            <p>
              Apps that use {name} can no longer get access tokens. Tokens already issued expire within 15
              minutes. You can&apos;t undo this.
            </p>
            <button type="button" className="button w-full text-bad" onClick={onRevoke}>
              Revoke key
            </button>
          </div>
        </Menu>
      </td>
    </tr>
  );
}
