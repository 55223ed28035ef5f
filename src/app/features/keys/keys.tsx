"use client";

import type { ApiKeyDescription } from "@acme/analytics-sdk";
import { useState } from "react";
import { attempt } from "@/features/errors/attempt";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import { usePageData } from "@/ui/use-page-data";
import { revoke } from "./actions";
import { withKey } from "./created-key";
import { KeyForm } from "./key-form";
import { KeyList } from "./key-list";

/** The API keys of the organisation, and the form to create one. */
export function Keys({ rendered }: { readonly rendered: readonly ApiKeyDescription[] }) {
  const [keys, update] = usePageData(rendered);
  const [notice, setNotice] = useState<NoticeContent>();
  const revokeHere = async ({ key_id, name }: ApiKeyDescription): Promise<void> => {
    const result = await attempt(revoke(key_id));
    if (result !== "revoked") return setNotice({ error: result });
    update((shown) => shown.filter((one) => one.key_id !== key_id));
    return setNotice({ done: `The key ${name} is revoked.` });
  };
  return (
    <>
      <KeyForm
        isActive={({ key_id }) => keys.some((key) => key.key_id === key_id)}
        onCreated={(key) => update((shown) => withKey(shown, key))}
      />
      <Notice notice={notice} takesFocus />
      <KeyList keys={keys} onRevoke={(key) => void revokeHere(key)} />
    </>
  );
}
