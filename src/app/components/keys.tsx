"use client";

import { useCallback, useEffect, useState } from "react";
import { list } from "@/app/(signed-in)/keys/actions";
import { KeyForm } from "@/components/key-form";
import { KeyList } from "@/components/key-list";
import type { ApiKey } from "@/lib/server/analytics-api";
import { useSession } from "@/lib/session-client";
import { explain, type Trouble } from "@/lib/trouble";

interface KeysProps {
  /** The organisation of the cookie when the server rendered: not this tab's if another tab switched. */
  readonly renderedFor: string;
  readonly rendered: readonly ApiKey[];
}

/** The keys of the organisation that this tab shows, and the form for new ones. */
export function Keys({ renderedFor, rendered }: KeysProps) {
  const { org_id } = useSession();
  return <KeysOf key={org_id} org_id={org_id} rendered={renderedFor === org_id ? rendered : undefined} />;
}

interface KeysOfProps {
  readonly org_id: string;
  readonly rendered: readonly ApiKey[] | undefined;
}

function KeysOf({ org_id, rendered }: KeysOfProps) {
  const [changed, setChanged] = useState<readonly ApiKey[]>();
  const [trouble, setTrouble] = useState<Trouble>();
  const keys = changed ?? rendered;
  const show = useCallback((result: readonly ApiKey[] | Trouble): void => {
    setTrouble(typeof result === "string" ? result : undefined);
    if (typeof result !== "string") setChanged(result);
  }, []);
  const isMissing = !keys;
  useEffect(() => {
    if (isMissing) void list(org_id).then(show);
  }, [isMissing, org_id, show]);
  return (
    <>
      <KeyForm org_id={org_id} onCreated={show} />
      {trouble && (
        <p role="alert" className="text-sm text-bad">
          {explain(trouble)}
        </p>
      )}
      {keys && <KeyList org_id={org_id} keys={keys} onRevoked={show} />}
    </>
  );
}
