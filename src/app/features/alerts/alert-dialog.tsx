"use client";

import type { AlertDescription, ViewDescription } from "@acme/analytics-sdk";
import { useEffect, useState } from "react";
import { attempt } from "@/features/errors/attempt";
import { type ErrorCode, ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { Dialog } from "@/ui/dialog";
import { alertsOf, changeAlert, removeAlert, sendTest } from "./actions";
import { AlertForm } from "./alert-form";
import { textOfCondition, textOfDelivery, textOfState, textOfTest } from "./conditions";

interface AlertDialogProps {
  readonly view: ViewDescription;
  readonly onClose: () => void;
}

/** Creates alerts on a view, and shows, pauses, tests and deletes them. */
export default function AlertDialog({ view, onClose }: AlertDialogProps) {
  return (
    <Dialog title={`Alerts: ${view.name}`} onClose={onClose}>
      <p className="text-muted">
        An alert checks the number of the saved view after each of its intervals, and sends a signed message
        to your endpoint when its condition becomes true or is no longer true.
      </p>
      <Alerts view={view} />
    </Dialog>
  );
}

function Alerts({ view }: { readonly view: ViewDescription }) {
  const { view_id } = view;
  const [alerts, setAlerts] = useState<readonly AlertDescription[] | ErrorCode>();
  const [notice, setNotice] = useState<NoticeContent>();
  useEffect(() => {
    let isCurrent = true;
    void attempt(alertsOf(view_id)).then((found) => isCurrent && setAlerts(found));
    return () => {
      isCurrent = false;
    };
  }, [view_id]);
  if (alerts === undefined) return <output className="block text-muted">Loading…</output>;
  if (typeof alerts === "string") return <ErrorText error={ERRORS[alerts]} role="alert" />;
  const update = (change: (shown: readonly AlertDescription[]) => readonly AlertDescription[]): void =>
    setAlerts((shown) => (typeof shown === "object" ? change(shown) : shown));
  const toggle = async (alert: AlertDescription): Promise<void> => {
    const changed = await attempt(changeAlert(alert, { enabled: isStopped(alert) }));
    if (typeof changed === "string") return setNotice({ error: changed });
    update((shown) => shown.map((one) => (one.alert_id === changed.alert_id ? changed : one)));
    return setNotice({ done: `“${alert.name}” is ${changed.enabled ? "active" : "paused"}.` });
  };
  const test = async ({ alert_id }: AlertDescription): Promise<void> => {
    const result = await attempt(sendTest(alert_id));
    if (typeof result === "string") return setNotice({ error: result });
    const text = textOfTest(result);
    return setNotice(
      result.delivered ? { done: text } : { error: { title: "Test message not delivered", text } },
    );
  };
  const remove = async ({ alert_id, name }: AlertDescription): Promise<void> => {
    const result = await attempt(removeAlert(alert_id));
    if (result !== "removed") return setNotice({ error: result });
    update((shown) => shown.filter((one) => one.alert_id !== alert_id));
    return setNotice({ done: `“${name}” is deleted.` });
  };
  return (
    <>
      <AlertForm view={view} onCreated={(alert) => update((shown) => [alert, ...shown])} />
      <Notice notice={notice} takesFocus />
      {alerts.length > 0 ? (
        <ul aria-label="Alerts" className="divide-y divide-line border-t border-line">
          {alerts.map((alert) => (
            <AlertEntry
              key={alert.alert_id}
              alert={alert}
              onToggle={() => void toggle(alert)}
              onTest={() => void test(alert)}
              onDelete={() => void remove(alert)}
            />
          ))}
        </ul>
      ) : (
        <p className="text-muted">No alerts on this view.</p>
      )}
    </>
  );
}

interface AlertEntryProps {
  readonly alert: AlertDescription;
  readonly onToggle: () => void;
  readonly onTest: () => void;
  readonly onDelete: () => void;
}

function AlertEntry({ alert, onToggle, onTest, onDelete }: AlertEntryProps) {
  const { name, condition, url, state } = alert;
  const delivery = textOfDelivery(state);
  return (
    <li className="space-y-1 py-2 wrap-anywhere">
      <p className="font-medium">{name}</p>
      <p>
        {textOfCondition(condition)} · {textOfState(alert)}
      </p>
      <p className="text-xs text-muted">{url}</p>
      {delivery && <p className="text-xs text-muted">{delivery}</p>}
      <div className="flex flex-wrap gap-2 pt-1">
        <button type="button" className="button" onClick={onToggle}>
          {isStopped(alert) ? "Resume" : "Pause"}
          <span className="sr-only"> {name}</span>
        </button>
        <button type="button" className="button" onClick={onTest}>
          Send test message
          <span className="sr-only"> of {name}</span>
        </button>
        <ConfirmMenu
          label={`Delete the alert ${name}`}
          button="Delete"
          action="Delete alert"
          onConfirm={onDelete}
        >
          Delete “{name}”? Messages that wait to be sent again are dropped.
        </ConfirmMenu>
      </div>
    </li>
  );
}

function isStopped({ enabled, state }: AlertDescription): boolean {
  return !enabled || state.disabled;
}
