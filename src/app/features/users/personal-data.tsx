"use client";

import type { ErasureDescription } from "@acme/analytics-sdk";
import { useCallback, useEffect, useState } from "react";
import { useSession } from "@/features/auth/session-provider";
import { useZone } from "@/features/clock/clock";
import { formatNumber, formatTime } from "@/features/dashboard/format";
import { attempt } from "@/features/errors/attempt";
import type { ErrorCode } from "@/features/errors/error-messages";
import { Notice } from "@/features/errors/notice";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { Panel } from "@/ui/panel";
import { Wrappable } from "@/ui/wrappable";
import { erase, readErasure } from "./privacy-actions";

const POLL_MS = 10_000;

const STATUSES: Readonly<Record<ErasureDescription["status"], string>> = {
  queued: "The erasure is queued.",
  running: "The erasure is running. In a cloud deployment, it takes more than an hour.",
  done: "The erasure is done.",
  failed: "The erasure has failed. Erase the user again to continue it.",
};

interface PersonalDataProps {
  readonly user_id: string;
  /** Called when the user is being erased, so that the page no longer shows the user's data. */
  readonly onErase: () => void;
}

/** Exports what is stored about a user, or erases the user. Only admins and owners see it. */
export function PersonalData({ user_id, onErase }: PersonalDataProps) {
  const { org_id, scopes } = useSession();
  const [erasure, setErasure] = useState<ErasureDescription>();
  const [error, setError] = useState<ErrorCode>();
  const show = useCallback((found: ErasureDescription | ErrorCode): void => {
    setError(typeof found === "string" ? found : undefined);
    if (typeof found !== "string") setErasure(found);
  }, []);
  const start = async (): Promise<void> => {
    const found = await attempt(erase(user_id));
    show(found);
    if (typeof found !== "string") onErase();
  };
  usePolled(erasure, show);
  if (!scopes.includes("privacy:manage")) return null;
  return (
    <Panel title="Personal data">
      <div className="space-y-3 px-4 pb-4 text-sm">
        <p className="text-muted">
          {isExportable(user_id)
            ? "Export everything that is stored about this user, or erase the user. "
            : "A user whose ID contains a slash can be erased, but not exported. "}
          An erasure deletes all events of the user and refuses new ones. The receipt appears here until you
          leave the page. To see it again, erase the user again.
        </p>
        <div className="flex flex-wrap gap-2">
          {isExportable(user_id) && (
            <a
              className="button"
              href={`/o/${org_id}/user-export?${new URLSearchParams({ id: user_id })}`}
              download
            >
              Export
            </a>
          )}
          <ConfirmMenu
            label={`Erase ${user_id}`}
            button="Erase"
            action="Erase user"
            onConfirm={() => void start()}
          >
            All events of <Wrappable>{user_id}</Wrappable> are deleted, and new ones are refused. You
            can&apos;t undo this.
          </ConfirmMenu>
        </div>
        <Notice notice={error && { error }} />
        <output className="block">{erasure && STATUSES[erasure.status]}</output>
        {erasure?.receipt && <Receipt {...erasure.receipt} />}
      </div>
    </Panel>
  );
}

/** Read the erasure again until it has ended. */
function usePolled(
  erasure: ErasureDescription | undefined,
  show: (found: ErasureDescription | ErrorCode) => void,
): void {
  const id = erasure?.erasure_id;
  const isOpen = erasure?.status === "queued" || erasure?.status === "running";
  useEffect(() => {
    if (!id || !isOpen) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void attempt(readErasure(id)).then(show);
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [id, isOpen, show]);
}

/** What an erasure has deleted. */
function Receipt(receipt: NonNullable<ErasureDescription["receipt"]>) {
  const zone = useZone();
  const rows = [
    ["Deleted events", formatNumber(receipt.events_deleted)],
    ["Days of these events (UTC)", formatNumber(receipt.days_touched)],
    ["Deleted dead letters", formatNumber(receipt.dead_letters_deleted)],
    ["Replaced files of the event lake", formatNumber(receipt.lake_files_rewritten)],
    [`Verified (${zone})`, formatTime(receipt.verified_at, zone)],
    ["Not erased", receipt.copies_outside.join("; ")],
  ] as const;
  return (
    <section aria-label="Receipt">
      <h3 className="pb-1 font-medium">Receipt</h3>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Return whether the API can export the user: an id with a slash or of dots isn't a segment of a path. */
function isExportable(user_id: string): boolean {
  return !user_id.includes("/") && user_id !== "." && user_id !== "..";
}
