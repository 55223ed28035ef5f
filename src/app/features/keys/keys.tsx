"use client";

import type { ApiKeyDescription } from "@acme/analytics-sdk";
import { useState } from "react";
import { useTabData } from "@/features/auth/use-tab-data";
import { attempt } from "@/features/errors/attempt";
import { ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import type { PageData } from "@/server/page-data";
import { list, revoke } from "./actions";
import { withKey } from "./created-key";
import { KeyForm } from "./key-form";
import { KeyList } from "./key-list";

/** The API keys of the organisation that this tab shows, and the form to create one. */
export function Keys(page: PageData<readonly ApiKeyDescription[]>) {
  const { org_id, data: keys, error, update } = useTabData(page, list);
  const [notice, setNotice] = useState<NoticeContent>();
  const revokeHere = async ({ key_id, name }: ApiKeyDescription): Promise<void> => {
    const result = await attempt(revoke(org_id, key_id));
    if (result !== "revoked") return setNotice({ error: result });
    update((shown) => shown.filter((one) => one.key_id !== key_id));
    return setNotice({ done: `The key ${name} is revoked.` });
  };
  return (
    <>
      <KeyForm org_id={org_id} onCreated={(key) => update((shown) => withKey(shown, key))} />
      {error && <ErrorText error={ERRORS[error]} role="alert" />}
      <Notice notice={notice} takesFocus />
      {keys && <KeyList keys={keys} onRevoke={(key) => void revokeHere(key)} />}
    </>
  );
}
