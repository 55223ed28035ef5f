"use client";

import type { OrganizationDescription } from "@acme/analytics-sdk";
import type { ReactNode } from "react";
import { useSession } from "@/features/auth/session-provider";
import { useTabData } from "@/features/auth/use-tab-data";
import { ERRORS } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { Leave } from "@/features/members/leave";
import type { PageData } from "@/server/page-data";
import { Panel } from "@/ui/panel";
import { describe } from "./actions";
import { NameForm } from "./name-form";

const STATUSES = { active: "Active", suspended: "Suspended: the API rejects all requests" } as const;

interface OrganizationProps {
  /** Undefined if the user may not manage the organisation in the session cookie. */
  readonly page: PageData<OrganizationDescription> | undefined;
}

/** The organisation that this tab shows, the user's role in it, and what the user may change. */
export function Organization({ page }: OrganizationProps) {
  const isAdmin = useSession().scopes.includes("organization:manage");
  return (
    <>
      {isAdmin ? <Managed page={page} /> : <Details />}
      <Leave />
    </>
  );
}

/** The organisation for its admins. */
function Managed({ page }: OrganizationProps) {
  const { org_id, data, error, show } = useTabData(page, describe);
  return (
    <>
      {error && <ErrorText error={ERRORS[error]} role="alert" />}
      {data && <NameForm org_id={org_id} name={data.name} onRenamed={show} />}
      <Details status={data?.status} />
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
        <Detail name="Created (UTC)">{organization?.created_at.slice(0, 10) ?? "–"}</Detail>
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
