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
  const found = new Map<string, { organization: string; people: SamplePerson[] }>();
  for (const { user_id, name, organizations } of await sampleUsers()) {
    for (const { org_id, name: organization, role } of organizations) {
      const { people } = found.get(org_id) ?? { people: [] };
      found.set(org_id, { organization, people: [...people, { user_id, name, role }] });
    }
  }
  return [...found].map(([org_id, group]) => ({ org_id, ...group }));
}
