"""`analytics organization`: create, list and change organisations."""

from typing import Annotated, Any

import typer

from api.cli.administration import (
    AsJson,
    OrgId,
    Yes,
    administer,
    confirm,
    print_json,
    show_result,
    show_rows,
)
from api.domain.reference import DELETED, Organization
from api.services.administration import (
    create_organization,
    delete_organization,
    find_organization,
    list_organizations,
    resume_organization,
    suspend_organization,
    update_organization,
)
from api.services.keys import list_keys
from api.services.members import list_members, owners_of

Name = Annotated[str, typer.Option(help="Name that people see.")]
Plan = Annotated[str, typer.Option(help="Plan, such as starter, growth or enterprise.")]


def create_command(
    org: OrgId,
    name: Name,
    plan: Plan = "starter",
    owner: Annotated[
        str | None, typer.Option(help="User id (the `sub` of the ID token) of the first owner.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create an organisation. If it exists with the same values, succeed and change nothing."""
    is_new = administer(
        lambda store, context: create_organization(
            store, context, org_id=org, name=name, plan=plan, owner=owner
        )
    )
    result = "created" if is_new else "exists"
    values = {"org_id": org, "name": name, "plan": plan, "owner": owner}
    show_result(f"{org}: {result}.", result, values, as_json=as_json)


def list_command(
    every: Annotated[bool, typer.Option("--all", help="Include deleted organisations.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the organisations."""
    found = administer(lambda store, _: list_organizations(store))
    rows = [_row(one) for one in found if every or one.status != DELETED]
    show_rows(("org_id", "name", "plan", "status", "owners", "created_at"), rows, as_json=as_json)


def show_command(org: OrgId, as_json: AsJson = False) -> None:
    """Show an organisation with the numbers of its members and keys."""
    row = administer(lambda store, _: _describe(store, org))
    if as_json:
        print_json(row)
    else:
        show_rows(("field", "value"), ({"field": name, "value": row[name]} for name in row))


async def _describe(store: Any, org: str) -> dict[str, Any]:  # noqa: ANN401
    organization = await find_organization(store, org)
    members, keys = await list_members(store, org), await list_keys(store, org)
    owners = list(await owners_of(store, organization))
    return _row(organization) | {"owners": owners, "members": len(members), "keys": len(keys)}


def _row(organization: Organization) -> dict[str, Any]:
    return {
        "org_id": organization.org_id,
        "name": organization.name,
        "plan": organization.plan,
        "status": organization.status,
        "owners": list(organization.owners or ()),
        "created_at": organization.created_at,
    }


def rename_command(
    org: OrgId,
    name: Annotated[str, typer.Argument(help="New name.")],
    as_json: AsJson = False,
) -> None:
    """Change the name of an organisation."""
    is_changed = administer(
        lambda store, context: update_organization(store, context, org, name=name)
    )
    _show_change(org, {"name": name}, is_changed=is_changed, as_json=as_json)


def change_plan_command(
    org: OrgId,
    plan: Annotated[str, typer.Argument(help="New plan.")],
    as_json: AsJson = False,
) -> None:
    """Change the plan of an organisation."""
    is_changed = administer(
        lambda store, context: update_organization(store, context, org, plan=plan)
    )
    _show_change(org, {"plan": plan}, is_changed=is_changed, as_json=as_json)


def suspend_command(org: OrgId, as_json: AsJson = False) -> None:
    """Suspend an organisation: its keys and members get no more access tokens.

    Tokens that were already issued expire within 15 minutes and 30 seconds. No data is deleted.
    """
    is_changed = administer(lambda store, context: suspend_organization(store, context, org))
    _show_change(org, {"status": "suspended"}, is_changed=is_changed, as_json=as_json)


def resume_command(org: OrgId, as_json: AsJson = False) -> None:
    """Resume a suspended organisation."""
    is_changed = administer(lambda store, context: resume_organization(store, context, org))
    _show_change(org, {"status": "active"}, is_changed=is_changed, as_json=as_json)


def delete_command(org: OrgId, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete an organisation without events: its members, keys and loaded metrics.

    Its id is never used again, and its audit log remains. An organisation with events can't be
    deleted, only suspended.
    """
    confirm(f"Delete {org} with its members and keys?", yes=yes)
    is_changed = administer(lambda store, context: delete_organization(store, context, org))
    _show_change(org, {"status": "deleted"}, is_changed=is_changed, as_json=as_json)


def _show_change(org: str, values: dict[str, str], *, is_changed: bool, as_json: bool) -> None:
    [(field, value)] = values.items()
    result = "changed" if is_changed else "unchanged"
    sentence = f"{org}: {field} is {'now' if is_changed else 'already'} {value}."
    show_result(sentence, result, {"org_id": org, **values}, as_json=as_json)
