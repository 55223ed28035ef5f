"use client";

import type { CreatedShare, ShareDescription, ViewDescription } from "@acme/analytics-sdk";
import { useEffect, useState } from "react";
import { useSession } from "@/features/auth/session-provider";
import { useToday, useZone } from "@/features/clock/clock";
import { localDay } from "@/features/clock/zones";
import { formatDay } from "@/features/dashboard/format";
import { attempt } from "@/features/errors/attempt";
import { type ErrorCode, ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { CopyOnce } from "@/ui/copy-once";
import { Dialog } from "@/ui/dialog";
import { SubmitButton } from "@/ui/submit-button";
import { useForm } from "@/ui/use-form";
import { createLink, listLinks, revokeLink } from "./actions";
import { LIFETIMES, USUAL_LIFETIME, withLink } from "./links";
import { obstacleTo } from "./shared-question";

interface ShareDialogProps {
  readonly view: ViewDescription;
  readonly onClose: () => void;
}

/** Creates, lists and revokes the public links to a view. */
export default function ShareDialog({ view, onClose }: ShareDialogProps) {
  const obstacle = obstacleTo(view, useToday());
  return (
    <Dialog title={`Share link: ${view.name}`} onClose={onClose}>
      {obstacle === undefined ? (
        <p className="text-muted">
          Anyone with the link can see the result of the view as it is saved now, without signing in, until
          the link expires or is revoked. They can&apos;t open other pages. If you change the view, create a
          new link.
        </p>
      ) : (
        <p>{obstacle}</p>
      )}
      <Links view={view} canCreate={obstacle === undefined} />
    </Dialog>
  );
}

interface LinksProps {
  readonly view: ViewDescription;
  readonly canCreate: boolean;
}

function Links({ view, canCreate }: LinksProps) {
  const { view_id } = view;
  const [links, setLinks] = useState<readonly ShareDescription[] | ErrorCode>();
  const [notice, setNotice] = useState<NoticeContent>();
  useEffect(() => {
    let isCurrent = true;
    void attempt(listLinks(view_id)).then((found) => isCurrent && setLinks(found));
    return () => {
      isCurrent = false;
    };
  }, [view_id]);
  if (links === undefined) return <output className="block text-muted">Loading…</output>;
  if (typeof links === "string") return <ErrorText error={ERRORS[links]} role="alert" />;
  const update = (change: (shown: readonly ShareDescription[]) => readonly ShareDescription[]): void =>
    setLinks((shown) => (typeof shown === "object" ? change(shown) : shown));
  const revoke = async ({ share_id, last_four }: ShareDescription): Promise<void> => {
    const result = await attempt(revokeLink(view_id, share_id));
    if (result !== "revoked") return setNotice({ error: result });
    update((shown) => shown.filter((one) => one.share_id !== share_id));
    return setNotice({ done: `The link …${last_four} is revoked.` });
  };
  return (
    <>
      {canCreate && (
        <LinkForm
          view={view}
          isActive={({ share_id }) => links.some((link) => link.share_id === share_id)}
          onCreated={(created) => update((shown) => withLink(shown, created))}
        />
      )}
      <Notice notice={notice} takesFocus />
      {links.length > 0 && <LinkList view={view} links={links} onRevoke={(link) => void revoke(link)} />}
      {!links.length && <p className="text-muted">No links to this view.</p>}
    </>
  );
}

interface LinkFormProps {
  readonly view: ViewDescription;
  /** Whether a link that was created here hasn't been revoked yet. */
  readonly isActive: (link: CreatedShare) => boolean;
  readonly onCreated: (link: CreatedShare) => void;
}

interface CreationResult {
  /** The last new link. After an error, it is kept, because it may not be copied yet. */
  readonly created?: CreatedShare | undefined;
  readonly error?: ErrorCode;
}

/** Creates a link and shows it once. */
function LinkForm({ view, isActive, onCreated }: LinkFormProps) {
  const { result, isPending, form } = useForm(async (fields, previous): Promise<CreationResult> => {
    const created = await attempt(createLink(view, Number(fields.get("days"))));
    if (typeof created === "string") return { created: previous?.created, error: created };
    onCreated(created);
    return { created };
  });
  const { created, error } = result ?? {};
  return (
    <>
      <form {...form} className="flex flex-wrap items-end gap-3">
        <label className="font-medium">
          Expires
          <select name="days" className="field" defaultValue={USUAL_LIFETIME}>
            {LIFETIMES.map((days) => (
              <option key={days} value={days}>
                {days === 1 ? "In 1 day" : `In ${days} days`}
              </option>
            ))}
          </select>
        </label>
        <SubmitButton isPending={isPending}>Create link</SubmitButton>
      </form>
      <output className="block">
        {created && isActive(created) && (
          <CopyOnce
            key={created.share_id}
            text={`${location.origin}/s/${encodeURIComponent(created.secret)}`}
            label="Copy link"
          >
            Copy the link now.
          </CopyOnce>
        )}
        {error && <ErrorText error={ERRORS[error]} />}
      </output>
    </>
  );
}

interface LinkListProps {
  readonly view: ViewDescription;
  readonly links: readonly ShareDescription[];
  readonly onRevoke: (link: ShareDescription) => void;
}

/** The links that work, newest first. */
function LinkList({ view, links, onRevoke }: LinkListProps) {
  const zone = useZone();
  const { user } = useSession();
  return (
    <ul aria-label="Links" className="divide-y divide-line border-t border-line">
      {links.map((link) => (
        <li key={link.share_id} className="flex items-center justify-between gap-3 py-2">
          <p className="min-w-0 wrap-anywhere">
            <code className="font-mono">…{link.last_four}</code>
            <span className="block text-xs text-muted">
              Created by {link.created_by === user.id ? "you" : link.created_by} · expires on{" "}
              {formatDay(localDay(link.expires_at, zone))}
              {(link.page !== view.page || link.state !== view.state) &&
                " · shows an earlier state of the view"}
            </span>
          </p>
          <ConfirmMenu
            label={`Revoke the link …${link.last_four}`}
            button="Revoke"
            action="Revoke link"
            onConfirm={() => onRevoke(link)}
          >
            Everyone who opens the link then gets a page that says that it doesn&apos;t work.
          </ConfirmMenu>
        </li>
      ))}
    </ul>
  );
}
