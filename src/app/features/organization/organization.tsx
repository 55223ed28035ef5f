"use client";

import type { OrganizationDescription } from "@acme/analytics-sdk";
import type { ReactNode } from "react";
import { useSession } from "@/features/auth/session-provider";
import { formatDay } from "@/features/dashboard/format";
import { Leave } from "@/features/members/leave";
import { Panel } from "@/ui/panel";
import { usePageData } from "@/ui/use-page-data";
import { NameForm } from "./name-form";
import { ZoneForm } from "./zone-form";

const STATUSES = { active: "Active", suspended: "Suspended: the API rejects all requests" } as const;

interface OrganizationProps {
  /** Undefined if the user may not manage the organisation. */
  readonly rendered: OrganizationDescription | undefined;
  /** The time zones to choose from, as the server knows them. */
  readonly zones: readonly string[];
}

/** The organisation, the user's role in it, and what the user may change. */
export function Organization({ rendered, zones }: OrganizationProps) {
  return (
    <>
      {rendered ? <Managed rendered={rendered} zones={zones} /> : <Details />}
      <Leave />
    </>
  );
}

/** The organisation for its admins. */
function Managed({
  rendered,
  zones,
}: {
  readonly rendered: OrganizationDescription;
  readonly zones: readonly string[];
}) {
  const [{ name, status, timezone }, update] = usePageData(rendered);
  return (
    <>
      <NameForm name={name} onRenamed={(renamed) => update(() => renamed)} />
      <ZoneForm timezone={timezone} zones={zones} onChanged={(changed) => update(() => changed)} />
      <Details status={status} />
    </>
  );
}

function Details({ status }: { readonly status?: OrganizationDescription["status"] | undefined }) {
  const { org_id, organizations, role } = useSession();
  const organization = organizations.find((one) => one.org_id === org_id);
  return (
    <Panel title="Details">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 px-4 pb-4 text-sm">
        <Detail name="Name">{organization?.name ?? org_id}</Detail>
        <Detail name="ID">
          <code className="font-mono break-all select-all">{org_id}</code>
        </Detail>
        <Detail name="Plan">{organization?.plan ?? "–"}</Detail>
        {status && <Detail name="Status">{STATUSES[status]}</Detail>}
        <Detail name="Created (UTC)">{organization ? formatDay(organization.created_at) : "–"}</Detail>
        <Detail name="Time zone">{organization?.timezone ?? "UTC"}</Detail>
        <Detail name="Your role">{role ?? "–"}</Detail>
      </dl>
    </Panel>
  );
}

function Detail({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
