"use client";

import type { MemberDescription } from "@acme/analytics-sdk";
import { useId } from "react";
import { useSession } from "@/features/auth/session-provider";
import { formatDay } from "@/features/dashboard/format";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { closeMenu, Menu } from "@/ui/menu";
import { Table } from "@/ui/table";
import { nameOf, reasonToKeep, type Role, ROLES, rolesGrantedBy } from "./member";

interface MemberTableProps {
  readonly members: readonly MemberDescription[];
  /** Whether the organisation has no further members. */
  readonly isComplete: boolean;
  readonly onChange: (member: MemberDescription, role: Role) => void;
  readonly onRemove: (member: MemberDescription) => void;
}

/** The table of members, with the controls that the user's role allows. */
export function MemberTable({ members, isComplete, onChange, onRemove }: MemberTableProps) {
  const { role } = useSession();
  const isOnlyOwner = isComplete && members.filter((member) => member.role === "owner").length === 1;
  return (
    <Table
      caption="Members, sorted by user ID"
      head={
        <>
          <th className="px-4 py-2">Member</th>
          <th className="px-4 py-2 max-sm:hidden">Joined (UTC)</th>
          <th className="px-2 py-2">
            Role<span className="sr-only"> and actions</span>
          </th>
        </>
      }
    >
      {members.map((member) => (
        <MemberRow
          key={member.user_id}
          member={member}
          reason={reasonToKeep(member, role, isOnlyOwner)}
          onChange={(granted) => onChange(member, granted)}
          onRemove={() => onRemove(member)}
        />
      ))}
    </Table>
  );
}

interface MemberRowProps {
  readonly member: MemberDescription;
  /** Why the controls are disabled, if they are. */
  readonly reason: string | undefined;
  readonly onChange: (role: Role) => void;
  readonly onRemove: () => void;
}

function MemberRow({ member, reason, onChange, onRemove }: MemberRowProps) {
  const isSelf = useSession().user.id === member.user_id;
  const reasonId = useId();
  const name = nameOf(member);
  const details = [member.email, member.user_id].filter((text) => text && text !== name);
  return (
    <tr className="align-top">
      <th scope="row" className="px-4 py-2 font-normal [overflow-wrap:anywhere]">
        <span className="font-medium">{name}</span>
        {isSelf && <span className="text-muted"> (you)</span>}
        <span className="block text-muted">{details.join(" · ")}</span>
        {reason && (
          <span id={reasonId} className="block text-muted">
            {reason}
          </span>
        )}
      </th>
      <td className="px-4 py-2 max-sm:hidden">{formatDay(member.joined_at)}</td>
      <td className="px-2 py-1">
        <div className="flex justify-between gap-x-2 max-sm:flex-col max-sm:items-start">
          {reason ? (
            <DisabledButton label={`Role of ${name}: ${member.role}`} reasonId={reasonId}>
              {member.role}
            </DisabledButton>
          ) : (
            <RoleMenu name={name} role={member.role} onChange={onChange} />
          )}
          {reason ? (
            <DisabledButton label={isSelf ? "Leave" : `Remove ${name}`} reasonId={reasonId}>
              {isSelf ? "Leave" : "Remove"}
            </DisabledButton>
          ) : (
            <RemoveMenu name={name} isSelf={isSelf} onRemove={onRemove} />
          )}
        </div>
      </td>
    </tr>
  );
}

interface DisabledButtonProps {
  readonly label: string;
  readonly reasonId: string;
  readonly children: string;
}

/** A button that can't be used. It can be focused, so that a screen reader reads the reason. */
function DisabledButton({ label, reasonId, children }: DisabledButtonProps) {
  return (
    <button
      type="button"
      aria-disabled="true"
      aria-label={label}
      aria-describedby={reasonId}
      className="menu-button cursor-not-allowed text-muted hover:bg-transparent"
    >
      {children}
    </button>
  );
}

interface RoleMenuProps {
  readonly name: string;
  readonly role: Role;
  readonly onChange: (role: Role) => void;
}

/** The roles that the signed-in user may give to the member. */
function RoleMenu({ name, role, onChange }: RoleMenuProps) {
  const granted = rolesGrantedBy(useSession().role);
  return (
    <Menu label={`Role of ${name}: ${role}. Change role`} button={role}>
      {granted.map((option) => (
        <button
          key={option}
          type="button"
          aria-current={option === role}
          className="menu-item flex-col gap-0"
          onClick={({ currentTarget }) => {
            closeMenu(currentTarget);
            if (option !== role) onChange(option);
          }}
        >
          <span>{option}</span>
          <span className="font-normal text-muted">{ROLES[option]}</span>
        </button>
      ))}
    </Menu>
  );
}

interface RemoveMenuProps {
  readonly name: string;
  readonly isSelf: boolean;
  readonly onRemove: () => void;
}

function RemoveMenu({ name, isSelf, onRemove }: RemoveMenuProps) {
  const text = isSelf
    ? "You lose access to the organisation. Only an admin can add you again."
    : `${name} can no longer get access tokens. Tokens already issued expire within 15 minutes and 30 seconds.`;
  return (
    <ConfirmMenu
      label={isSelf ? "Leave the organisation" : `Remove ${name}`}
      button={isSelf ? "Leave" : "Remove"}
      action={isSelf ? "Leave organisation" : "Remove member"}
      onConfirm={onRemove}
    >
      {text}
    </ConfirmMenu>
  );
}
