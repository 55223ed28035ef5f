import type { InvitationDescription } from "@acme/analytics-sdk";
import { ConfirmMenu } from "@/ui/confirm-menu";

interface InvitationTableProps {
  readonly invitations: readonly InvitationDescription[];
  readonly onRevoke: (invitation: InvitationDescription) => void;
}

/** The table of open invitations. */
export function InvitationTable({ invitations, onRevoke }: InvitationTableProps) {
  if (!invitations.length) return <p className="text-muted">No open invitations.</p>;
  return (
    <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
      <table className="w-full text-left text-sm">
        <caption className="sr-only">Open invitations, newest first</caption>
        <thead className="text-muted">
          <tr className="border-b border-line">
            <th className="px-4 py-2 font-medium">E-mail address</th>
            <th className="px-2 py-2 font-medium">Role</th>
            <th className="px-4 py-2 font-medium max-sm:hidden">Expires (UTC)</th>
            <th className="px-2 py-2">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {invitations.map((invitation) => (
            <InvitationRow
              key={invitation.invitation_id}
              invitation={invitation}
              onRevoke={() => onRevoke(invitation)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface InvitationRowProps {
  readonly invitation: InvitationDescription;
  readonly onRevoke: () => void;
}

function InvitationRow({ invitation: { email, role, expires_at }, onRevoke }: InvitationRowProps) {
  return (
    <tr className="border-b border-line last:border-0">
      <th scope="row" className="px-4 py-2 font-medium [overflow-wrap:anywhere]">
        {email}
      </th>
      <td className="px-2 py-2">{role}</td>
      <td className="px-4 py-2 max-sm:hidden">{expires_at.slice(0, 10)}</td>
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
