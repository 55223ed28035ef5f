"""`analytics organization`: create, list and change organisations."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Annotated, Any

import typer

from api.cli.administration import (
    AsJson,
    OrgId,
    Yes,
    administer,
    confirm,
    print_json,
    resolve_user_id,
    show_result,
    show_rows,
)
from api.domain.reference import DELETED, Organization
from api.domain.retention import FOREVER
from api.services.acts import Context
from api.services.administration import (
    create_organization,
    delete_organization,
    list_organizations,
    resume_organization,
    set_quota,
    set_retention,
    suspend_organization,
    update_organization,
)
from api.services.keys import list_keys
from api.services.member_records import list_memberships
from api.services.members import adopt_organization
from api.services.organization_records import find_organization
from api.stores.protocol import Store

_DIGITS_MAX = 20  # of a quota; Python refuses to parse more than 4,300

type Act = Callable[[Store, Context, str], Awaitable[bool]]

Name = Annotated[str, typer.Option(help="Name that people see.")]
Plan = Annotated[str, typer.Option(help="Plan, such as starter, growth or enterprise.")]


def create_command(
    org: OrgId,
    name: Name,
    plan: Plan = "starter",
    owner: Annotated[
        str | None,
        typer.Option(
            help="First owner: user id (the `sub` of the ID token), or e-mail of a stored user."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create an organisation. If it exists with the same values, succeed and change nothing."""

    async def create(store: Store, context: Context) -> tuple[str | None, bool]:
        owner_id = None if owner is None else await resolve_user_id(store, owner)
        return owner_id, await create_organization(
            store, context, org_id=org, name=name, plan=plan, owner=owner_id
        )

    owner_id, is_new = administer(create, org)
    result = "created" if is_new else "exists"
    values = {"org_id": org, "name": name, "plan": plan, "owner": owner_id}
    show_result(f"{org}: {result}.", result, values, as_json=as_json)


def list_command(
    every: Annotated[bool, typer.Option("--all", help="Include deleted organisations.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the organisations."""
    found = administer(lambda store, _: _list_all(store))
    rows = [_row(one) for one in found if every or one.status != DELETED]
    show_rows(("org_id", "name", "plan", "status", "owners", "created_at"), rows, as_json=as_json)


def show_command(org: OrgId, as_json: AsJson = False) -> None:
    """Show an organisation with the numbers of its members and keys."""
    row = administer(lambda store, _: _describe(store, org), org)
    if as_json:
        print_json(row)
    else:
        show_rows(("field", "value"), ({"field": name, "value": row[name]} for name in row))


async def _list_all(store: Store) -> Sequence[Organization]:
    found = await list_organizations(store)
    if not (unknown := [one.org_id for one in found if one.owners is None]):
        return found
    for org_id in unknown:
        await adopt_organization(store, org_id)
    return await list_organizations(store)


async def _describe(store: Store, org: str) -> dict[str, Any]:
    organization = await find_organization(store, org)
    return _row(organization) | {
        "members": len(await list_memberships(store, org)),
        "keys": len(await list_keys(store, org)),
    }


def _row(organization: Organization) -> dict[str, Any]:
    return {
        "org_id": organization.org_id,
        "name": organization.name,
        "plan": organization.plan,
        "status": organization.status,
        "events_per_month": organization.events_per_month,
        "warn_at": organization.warn_at,
        "events_retention_days": organization.events_retention_days,
        "events_from": organization.events_from,
        "owners": list(organization.owners or ()),
        "timezone": organization.timezone,
        "created_at": organization.created_at,
    }


def rename_command(
    org: OrgId,
    name: Annotated[str, typer.Argument(help="New name.")],
    as_json: AsJson = False,
) -> None:
    """Change the name of an organisation."""
    _change(org, "name", name, partial(update_organization, name=name), as_json=as_json)


def change_plan_command(
    org: OrgId,
    plan: Annotated[str, typer.Argument(help="New plan.")],
    as_json: AsJson = False,
) -> None:
    """Change the plan of an organisation."""
    _change(org, "plan", plan, partial(update_organization, plan=plan), as_json=as_json)


def set_timezone_command(
    org: OrgId,
    timezone: Annotated[str, typer.Argument(help="IANA time zone, such as Europe/Berlin.")],
    as_json: AsJson = False,
) -> None:
    """Change the time zone in which the days of an organisation's dashboard begin."""
    act = partial(update_organization, timezone=timezone)
    _change(org, "time zone", timezone, act, as_json=as_json)


def set_quota_command(
    org: OrgId,
    events: Annotated[str, typer.Option(help="Events per month, or `none` for no limit.")],
    warn_at: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100,
            help="Percentage from which ingest responses warn. Without this option, it stays as "
            "it is (80 in a new organisation).",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set how many events per month (UTC) an organisation may send.

    When the quota is used up, the API refuses events with 429 quota_exceeded until the month ends.
    A change applies within a minute.
    """
    limit = _quota_of(events)
    is_changed, organization = administer(
        lambda store, context: _set_quota(store, context, org, limit, warn_at), org
    )
    quota = "unlimited" if limit is None else f"{limit:,} events per month"
    if limit is not None:
        quota += f", with warnings from {organization.warn_at} %"
    sentence = f"{org}: the quota is {'now' if is_changed else 'already'} {quota}."
    values = {"org_id": org, "events_per_month": limit, "warn_at": organization.warn_at}
    show_result(sentence, "changed" if is_changed else "unchanged", values, as_json=as_json)


async def _set_quota(
    store: Store, context: Context, org: str, limit: int | None, warn_at: int | None
) -> tuple[bool, Organization]:
    is_changed = await set_quota(store, context, org, events_per_month=limit, warn_at=warn_at)
    return is_changed, await find_organization(store, org)


def _quota_of(text: str) -> int | None:
    if text == "none":
        return None
    digits = text.replace("_", "").replace(",", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX):
        raise typer.BadParameter(
            f"{text[:40]!r} isn't a whole number of at most {_DIGITS_MAX} digits. "
            "Use a number such as 1000000, or none.",
            param_hint="--events",
        )
    return int(digits)


def set_retention_command(
    org: OrgId,
    days: Annotated[
        str,
        typer.Option(help="Number of days, `forever`, or `default` for that of the deployment."),
    ],
    as_json: AsJson = False,
) -> None:
    """Set for how many days (UTC) the events of an organisation are kept.

    Earlier events are refused within a minute, and stored events of earlier days are deleted. The
    metrics of deleted days are kept. Expired events don't return if the number is increased.
    """
    wanted = _retention_of(days)
    is_changed = administer(
        lambda store, context: set_retention(store, context, org, days=wanted), org
    )
    text = f"{wanted:,} days" if wanted else days
    sentence = f"{org}: the retention of events is {'now' if is_changed else 'already'} {text}."
    values = {"org_id": org, "events_retention_days": wanted}
    show_result(sentence, "changed" if is_changed else "unchanged", values, as_json=as_json)


def _retention_of(text: str) -> int | None:
    words = {"default": None, "forever": FOREVER}
    if text in words:
        return words[text]
    digits = text.replace("_", "").replace(",", "")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS_MAX
    if not is_number or int(digits) == FOREVER:
        raise typer.BadParameter(
            f"{text[:40]!r} isn't a number of days. Use a number such as 90, forever, or default.",
            param_hint="--days",
        )
    return int(digits)


def suspend_command(org: OrgId, as_json: AsJson = False) -> None:
    """Suspend an organisation, so that its keys and members get no new access tokens.

    Tokens that were already issued expire within 15 minutes and 30 seconds. No data is deleted.
    """
    _change(org, "status", "suspended", suspend_organization, as_json=as_json)


def resume_command(org: OrgId, as_json: AsJson = False) -> None:
    """Resume a suspended organisation."""
    _change(org, "status", "active", resume_organization, as_json=as_json)


def delete_command(org: OrgId, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete an organisation that has no events.

    The organisation's members, keys, invitations and loaded metrics are deleted too. The id can't
    be used again, and the audit log remains. An organisation with events can't be deleted, only
    suspended.
    """
    confirm(f"Delete {org} with its members, keys and invitations?", yes=yes)
    _change(org, "status", "deleted", delete_organization, as_json=as_json)


def _change(org: str, field: str, value: str, act: Act, *, as_json: bool) -> None:
    """Perform the act, which gives the field this value, and print what it changed."""
    is_changed = administer(lambda store, context: act(store, context, org), org)
    result = "changed" if is_changed else "unchanged"
    sentence = f"{org}: {field} is {'now' if is_changed else 'already'} {value}."
    show_result(sentence, result, {"org_id": org, field: value}, as_json=as_json)
