"use client";

import type { AnnotationDescription } from "@acme/analytics-sdk";
import { useId, useState } from "react";
import { useSession } from "@/features/auth/session-provider";
import { useZone } from "@/features/clock/clock";
import { formatTime } from "@/features/dashboard/format";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { closeMenu } from "@/ui/menu";
import { type AnnotationGroup, nameOfGroup } from "./annotation-groups";

/** The annotations that a hint contains. The menu of the marker contains all. */
const HINTED = 3;

interface AnnotationMarkerProps {
  readonly group: AnnotationGroup;
  readonly onEdit: (annotation: AnnotationDescription) => void;
  readonly onDelete: (annotation: AnnotationDescription) => void;
}

/** A button on a chart that shows texts: briefly while it has the pointer or the focus, and in a menu. */
export function AnnotationMarker({
  group: { position, annotations },
  onEdit,
  onDelete,
}: AnnotationMarkerProps) {
  const id = useId();
  const [isHinted, setIsHinted] = useState(false);
  const rest = annotations.length - HINTED;
  const side = position > 50 ? { right: `${100 - position}%` } : { left: `${position}%` };
  return (
    <>
      <span aria-hidden="true" className="annotation-line" style={{ left: `${position}%` }} />
      <button
        type="button"
        popoverTarget={id}
        aria-label={nameOfGroup(annotations)}
        className="annotation-marker"
        style={{ left: `${position}%` }}
        onPointerEnter={({ pointerType }) => setIsHinted(pointerType === "mouse")}
        onPointerLeave={() => setIsHinted(false)}
        onFocus={({ currentTarget }) => setIsHinted(currentTarget.matches(":focus-visible"))}
        onBlur={() => setIsHinted(false)}
        onClick={() => setIsHinted(false)}
        onKeyDown={({ key }) => {
          if (key === "Escape") setIsHinted(false);
        }}
      >
        {annotations.length > 1 ? annotations.length : <Flag />}
      </button>
      <div id={id} popover="auto" className="menu annotation-menu">
        <ul className="divide-y divide-line">
          {annotations.map((annotation) => (
            <Entry key={annotation.annotation_id} {...{ annotation, onEdit, onDelete }} />
          ))}
        </ul>
      </div>
      {isHinted && (
        <div aria-hidden="true" className="chart-tooltip annotation-hint" style={side}>
          {annotations.slice(0, HINTED).map(({ annotation_id, text }) => (
            <p key={annotation_id} dir="auto" className="line-clamp-4 wrap-anywhere">
              {text}
            </p>
          ))}
          {rest > 0 && <p className="text-muted">and {rest} more</p>}
        </div>
      )}
    </>
  );
}

interface EntryProps extends Omit<AnnotationMarkerProps, "group"> {
  readonly annotation: AnnotationDescription;
}

/** An annotation, which members can change. */
function Entry({ annotation, onEdit, onDelete }: EntryProps) {
  const { user, scopes } = useSession();
  const zone = useZone();
  const { at, text, created_by } = annotation;
  return (
    <li className="space-y-1 p-2 text-sm">
      <p dir="auto" className="wrap-anywhere">
        {text}
      </p>
      <p className="text-xs wrap-anywhere text-muted">
        {formatTime(at, zone)} · by {created_by === user.id ? "you" : created_by}
      </p>
      {scopes.includes("views:write") && (
        <div className="flex items-center gap-2">
          <button
            type="button"
            className="button"
            onClick={({ currentTarget }) => {
              closeMenu(currentTarget);
              onEdit(annotation);
            }}
          >
            Edit
          </button>
          <ConfirmMenu
            label="Delete the annotation"
            button="Delete"
            action="Delete annotation"
            onConfirm={() => onDelete(annotation)}
          >
            Delete this annotation for all members?
          </ConfirmMenu>
        </div>
      )}
    </li>
  );
}

function Flag() {
  return (
    <svg aria-hidden="true" viewBox="0 0 16 16" className="size-3.5">
      <path d="M4 14V2.5h8l-2 3 2 3H4" fill="none" stroke="currentColor" strokeWidth="1.75" />
    </svg>
  );
}
