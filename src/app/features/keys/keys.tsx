"use client";

import type { ApiKeyDescription } from "@acme/analytics-sdk";
import { useCallback, useEffect, useState } from "react";
import { useSession } from "@/features/auth/session-provider";
import { type ErrorCode, ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { list } from "./actions";
import { KeyForm } from "./key-form";
import { KeyList } from "./key-list";

interface KeysProps {
  /** The organisation in the session cookie. It differs from this tab's organisation if another tab has switched. */
  readonly renderedFor: string;
  readonly rendered: readonly ApiKeyDescription[];
}

/** The API keys of the organisation that this tab shows, and the form to create one. */
export function Keys({ renderedFor, rendered }: KeysProps) {
  const { org_id } = useSession();
  return <KeysOf key={org_id} org_id={org_id} rendered={renderedFor === org_id ? rendered : undefined} />;
}

interface KeysOfProps {
  readonly org_id: string;
  readonly rendered: readonly ApiKeyDescription[] | undefined;
}

function KeysOf({ org_id, rendered }: KeysOfProps) {
  const [changed, setChanged] = useState<readonly ApiKeyDescription[]>();
  const [error, setError] = useState<ErrorCode>();
  const keys = changed ?? rendered;
  const show = useCallback((result: readonly ApiKeyDescription[] | ErrorCode): void => {
    setError(typeof result === "string" ? result : undefined);
    if (typeof result !== "string") setChanged(result);
  }, []);
  const isMissing = !keys;
  useEffect(() => {
    if (isMissing) void list(org_id).then(show);
  }, [isMissing, org_id, show]);
  return (
    <>
      <KeyForm org_id={org_id} onCreated={show} />
      {error && <ErrorText error={ERRORS[error]} role="alert" />}
      {keys && <KeyList org_id={org_id} keys={keys} onRevoked={show} />}
    </>
  );
}
