"use client";

import { revoke } from "@/app/(signed-in)/keys/actions";
import { Menu } from "@/components/menu";
import type { ApiKey } from "@/lib/server/analytics-api";
import type { Trouble } from "@/lib/trouble";

interface KeyListProps {
  readonly org_id: string;
  readonly keys: readonly ApiKey[];
  readonly onRevoked: (left: readonly ApiKey[] | Trouble) => void;
}

/** The organisation's keys. */
export function KeyList({ org_id, keys, onRevoked }: KeyListProps) {
  if (!keys.length)
    return <p className="text-muted">No keys yet. Create one, and send the first event with it.</p>;
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-surface">
      <table className="w-full text-left text-sm">
        <caption className="sr-only">API keys, newest first</caption>
        <thead className="text-muted">
          <tr className="border-b border-line">
            <th className="px-4 py-2 font-medium">Name</th>
            <th className="px-4 py-2 font-medium">Kind</th>
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

function KeyRow({ apiKey, onRevoke }: { readonly apiKey: ApiKey; readonly onRevoke: () => void }) {
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
              Apps with {name} get no new access token, and those they have end within 15 minutes. This
              can&apos;t be undone.
            </p>
            <button type="button" className="button w-full text-bad" onClick={onRevoke}>
              Revoke it
            </button>
          </div>
        </Menu>
      </td>
    </tr>
  );
}
