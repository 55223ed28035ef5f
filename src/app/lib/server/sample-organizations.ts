import "server-only";
import type { SamplePerson } from "@/components/sample-users";
import { sampleUsers } from "./analytics-api";

export interface SampleOrganization {
  readonly org_id: string;
  readonly organization: string;
  readonly people: readonly SamplePerson[];
}

/** The sample organisations with their people. */
export async function sampleOrganizations(): Promise<readonly SampleOrganization[]> {
  const memberships = (await sampleUsers()).flatMap(({ user_id, name, organizations }) =>
    organizations.map(({ org_id, name: organization, role }) => ({
      org_id,
      organization,
      user_id,
      name,
      role,
    })),
  );
  const groups = Map.groupBy(memberships, ({ org_id }) => org_id);
  return [...groups].map(([org_id, people]) => ({ org_id, organization: people[0]!.organization, people }));
}
