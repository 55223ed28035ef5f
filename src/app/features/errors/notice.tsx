"use client";

import { useEffect, useRef } from "react";
import { type ErrorCode, ERRORS, type ErrorMessage } from "./error-messages";
import { ErrorText } from "./error-text";

/** The result of an action: what was done, or an error. A new object announces the same result again. */
export type NoticeContent = { readonly done: string } | { readonly error: ErrorCode | ErrorMessage };

interface NoticeProps {
  readonly notice: NoticeContent | undefined;
  /** Whether the notice receives the focus, because the button of the action has disappeared or is far away. */
  readonly takesFocus?: boolean;
}

/** Shows the result of an action, and announces it to screen readers. */
export function Notice({ notice, takesFocus = false }: NoticeProps) {
  const output = useRef<HTMLOutputElement>(null);
  useEffect(() => {
    if (notice && takesFocus) output.current?.focus();
  }, [notice, takesFocus]);
  return (
    <output ref={output} tabIndex={-1} className="block scroll-mt-24 text-sm wrap-anywhere">
      {notice && <NoticeText notice={notice} />}
    </output>
  );
}

function NoticeText({ notice }: { readonly notice: NoticeContent }) {
  if ("done" in notice) return <p className="text-good">{notice.done}</p>;
  const { error } = notice;
  return <ErrorText error={typeof error === "string" ? ERRORS[error] : error} />;
}
