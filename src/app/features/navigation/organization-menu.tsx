import type { CallerOrganization } from "@acme/analytics-sdk";
import { Menu } from "@/ui/menu";

interface OrganizationMenuProps {
  readonly organizations: readonly CallerOrganization[];
  readonly org_id: string;
}

/** The name of the current organisation, with a menu if the user has several organisations. */
export function OrganizationMenu({ organizations, org_id }: OrganizationMenuProps) {
  const current = organizations.find((organization) => organization.org_id === org_id);
  const name = current?.name ?? org_id;
  if (organizations.length < 2) return <span className="min-w-0 truncate px-2 font-medium">{name}</span>;
  return (
    <Menu
      label={`Organisation: ${name}. Switch organisation`}
      button={<span className="truncate font-medium">{name}</span>}
    >
      <form action="/session/organization" method="post" aria-label="Organisations">
        {organizations.map((organization) => (
          <button
            key={organization.org_id}
            name="org_id"
            value={organization.org_id}
            aria-current={organization.org_id === org_id}
            className="menu-item"
          >
            <span>{organization.name}</span>
            <span className="text-muted">{organization.role}</span>
          </button>
        ))}
      </form>
    </Menu>
  );
}
