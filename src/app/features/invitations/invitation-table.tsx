import type { InvitationDescription } from "@acme/analytics-sdk";
import { formatDay } from "@/features/dashboard/format";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { Table } from "@/ui/table";
import { Wrappable } from "@/ui/wrappable";

interface InvitationTableProps {
  readonly invitations: readonly InvitationDescription[];
  readonly onRevoke: (invitation: InvitationDescription) => void;
}

/** The table of open invitations. */
export function InvitationTable({ invitations, onRevoke }: InvitationTableProps) {
  if (!invitations.length) return <p className="text-muted">No open invitations.</p>;
  return (
    <Table
      caption="Open invitations, newest first"
      head={
        <>
          <th className="px-4 py-2">E-mail address</th>
          <th className="px-2 py-2">Role</th>
          <th className="px-4 py-2 max-sm:hidden">Expires (UTC)</th>
          <th className="w-px px-2 py-2">
            <span className="sr-only">Actions</span>
          </th>
        </>
      }
    >
      {invitations.map((invitation) => (
        <InvitationRow
          key={invitation.invitation_id}
          invitation={invitation}
          onRevoke={() => onRevoke(invitation)}
        />
      ))}
    </Table>
  );
}

interface InvitationRowProps {
  readonly invitation: InvitationDescription;
  readonly onRevoke: () => void;
}

function InvitationRow({ invitation: { email, role, expires_at }, onRevoke }: InvitationRowProps) {
  return (
    <tr>
      <th scope="row" className="px-4 py-2 font-medium">
        <Wrappable>{email}</Wrappable>
      </th>
      <td className="px-2 py-2">{role}</td>
      <td className="px-4 py-2 max-sm:hidden">{formatDay(expires_at)}</td>
      <td className="px-2 py-1">
        <ConfirmMenu
          label={`Revoke the invitation of ${email}`}
          button="Revoke"
          action="Revoke invitation"
          onConfirm={onRevoke}
        >
          The link that was sent to {email} no longer works.
        </ConfirmMenu>
      </td>
    </tr>
  );
}
