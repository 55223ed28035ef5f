import type { CallerOrganization } from "@acme/analytics-sdk";
import { Menu } from "@/ui/menu";
import { pathOf } from "./paths";

interface OrganizationMenuProps {
  readonly organizations: readonly CallerOrganization[];
  readonly org_id: string;
}

/**
 * The name of the current organisation, with a menu if the user has several organisations. The links reload the whole
 * page, because an action of this page that runs during a navigation by Next is sent to the next page's path.
 */
export function OrganizationMenu({ organizations, org_id }: OrganizationMenuProps) {
  const current = organizations.find((organization) => organization.org_id === org_id);
  const name = current?.name ?? org_id;
  if (organizations.length < 2) return <span className="min-w-0 truncate px-2 font-medium">{name}</span>;
  return (
    <Menu
      label={`Organisation: ${name}. Switch organisation`}
      button={<span className="truncate font-medium">{name}</span>}
    >
      <ul aria-label="Organisations">
        {organizations.map((organization) => (
          <li key={organization.org_id}>
            <a
              href={pathOf(organization.org_id, "overview")}
              aria-current={organization.org_id === org_id}
              className="menu-item"
            >
              <span>{organization.name}</span>
              <span className="text-muted">{organization.role}</span>
            </a>
          </li>
        ))}
      </ul>
    </Menu>
  );
}
