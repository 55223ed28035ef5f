"""Administration of organisations: creation, name, plan, status and deletion.

Every act is audited and can be repeated. A function that performs an act returns False if there is
nothing to change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from api.domain.alerts import Alert
from api.domain.events import query_days
from api.domain.reference import (
    ACTIVE,
    DELETED,
    SUSPENDED,
    Effect,
    Membership,
    Organization,
)
from api.domain.retention import FOREVER, RETENTION_DAYS_MAX
from api.domain.times import MAX_DAY, MIN_DAY, format_timestamp
from api.domain.views import Annotation, Board, Share, View
from api.errors import ApiError
from api.services.acts import Change, Context, found_organization, perform
from api.services.input_checks import check_integer, check_name, check_org_id, check_zone
from api.services.invitations import list_invitations
from api.services.keys import list_keys
from api.services.loaded_metrics import delete_loaded_metrics
from api.services.member_records import list_memberships
from api.services.members import OWNER, Person, new_user, owners_of, require_not_deleted
from api.services.stored_events import first_day
from api.services.views import list_saved
from api.stores.protocol import Conflict, Store, Unavailable

QUOTA_MAX = 10**12  # events per month
REMOVED_MAX = 1_000  # records that one audit entry can hold


async def list_organizations(store: Store) -> Sequence[Organization]:
    """Return all organisations, ordered by id, including deleted ones."""
    return await store.find(Organization, None)


async def create_organization(
    store: Store,
    context: Context,
    *,
    org_id: str,
    name: str,
    plan: str,
    owner: str | None = None,
) -> bool:
    """Create an organisation, with the user whose id is `owner` as its owner, if given.

    Return False if the organisation already exists with these values. Raises ApiError
    `already_exists` if the organisation exists with other values or was deleted, and
    `invalid_parameter` for an invalid value.
    """
    check_org_id(org_id)
    check_name("name", name)
    check_name("plan", plan)
    wanted = Organization(org_id, name, plan, format_timestamp(context.now))
    person = None if owner is None else Person(owner)
    found, is_new = await create_or_find(store, context, wanted, person)
    if is_new:
        return True
    if found.status == DELETED:
        raise ApiError(
            "already_exists",
            f"The id {org_id} belonged to a deleted organisation. Choose another id.",
        )
    await _require_same(store, found, replace(wanted, owners=_ids_of(person)))
    return False


async def create_or_find(
    store: Store, context: Context, organization: Organization, owner: Person | None
) -> tuple[Organization, bool]:
    """Create the organisation with this owner, or return the organisation that has its id.

    Also return whether the organisation is new.
    """
    org_id = organization.org_id
    if known := await store.read(Organization, org_id):
        return known.record, False
    effects: list[Effect] = []
    if owner is not None:
        if user := await new_user(store, context, owner, role=OWNER):
            effects.append(user)
        effects.append(Membership(owner.user_id, org_id, OWNER, organization.created_at))
    new = replace(organization, owners=_ids_of(owner))
    try:
        await found_organization(store, context, new, effects)
    except Conflict as conflict:
        if known := await store.read(Organization, org_id):
            return known.record, False
        raise Unavailable(f"the organisation {org_id} isn't readable yet") from conflict
    return new, True


def _ids_of(owner: Person | None) -> tuple[str, ...]:
    return () if owner is None else (owner.user_id,)


async def _require_same(store: Store, known: Organization, wanted: Organization) -> None:
    owners = await owners_of(store, known)
    if (known.name, known.plan) == (wanted.name, wanted.plan) and {*(wanted.owners or ())} <= {
        *owners
    }:
        return
    raise ApiError(
        "already_exists",
        f"The organisation {known.org_id} exists with the name {known.name!r}, the plan "
        f"{known.plan!r} and the owners {', '.join(owners) or 'none'}. Choose another id, or "
        "change this organisation.",
    )


async def update_organization(
    store: Store,
    context: Context,
    org_id: str,
    *,
    name: str | None = None,
    plan: str | None = None,
    timezone: str | None = None,
) -> bool:
    """Change those of the organisation's name, plan and time zone that aren't None.

    Raises ApiError `not_found` or `invalid_parameter`.
    """
    wanted = {field: v for field, v in (("name", name), ("plan", plan)) if v is not None}
    for field, value in wanted.items():
        check_name(field, value)
    if timezone is not None:
        check_zone("timezone", timezone)
        wanted["timezone"] = timezone
    return await _set_fields(store, context, org_id, "organization.update", wanted)


async def set_quota(
    store: Store,
    context: Context,
    org_id: str,
    *,
    events_per_month: int | None,
    warn_at: int | None = None,
) -> bool:
    """Set the monthly quota, and the percentage of it from which responses contain warnings.

    `events_per_month` is None for an unlimited organisation. If `warn_at` is None, the percentage
    remains as it is. Processes that ingest events notice the change within a minute. Raises
    ApiError `not_found` or `invalid_parameter`.
    """
    check_integer("events_per_month", events_per_month or 0, 0, QUOTA_MAX)
    wanted = {"events_per_month": events_per_month}
    if warn_at is not None:
        check_integer("warn_at", warn_at, 1, 100)
        wanted["warn_at"] = warn_at
    return await _set_fields(store, context, org_id, "organization.set_quota", wanted)


async def set_retention(store: Store, context: Context, org_id: str, *, days: int | None) -> bool:
    """Set the number of days for which the organisation's events are kept.

    `days` is FOREVER to keep them, or None to use the setting of the deployment. Processes that
    ingest events notice the change within a minute. Raises ApiError `not_found` or
    `invalid_parameter`.
    """
    check_integer("events_retention_days", days or FOREVER, FOREVER, RETENTION_DAYS_MAX)
    wanted = {"events_retention_days": days}
    return await _set_fields(store, context, org_id, "organization.set_retention", wanted)


async def _set_fields(
    store: Store, context: Context, org_id: str, action: str, wanted: Mapping[str, Any]
) -> bool:
    """Give fields of the organisation's record these values, and audit the old and new values."""

    async def decide(known: Organization) -> Change | None:
        require_not_deleted(known)
        details = {
            field: [getattr(known, field), value]
            for field, value in wanted.items()
            if getattr(known, field) != value
        }
        return Change(replace(known, **wanted), details=details) if details else None

    return await perform(store, context, org_id, action, org_id, decide)


async def suspend_organization(store: Store, context: Context, org_id: str) -> bool:
    """Suspend the organisation, so that its API keys and members get no new tokens."""
    return await _set_status(store, context, org_id, "organization.suspend", SUSPENDED)


async def resume_organization(store: Store, context: Context, org_id: str) -> bool:
    return await _set_status(store, context, org_id, "organization.resume", ACTIVE)


async def _set_status(
    store: Store, context: Context, org_id: str, action: str, status: str
) -> bool:
    async def decide(known: Organization) -> Change | None:
        require_not_deleted(known)
        return None if known.status == status else Change(replace(known, status=status))

    return await perform(store, context, org_id, action, org_id, decide)


async def delete_organization(store: Store, context: Context, org_id: str) -> bool:
    """Delete an organisation that has no events.

    The organisation's members, keys, invitations, views, boards, annotations, share links, alerts
    and loaded metrics are deleted too. Its record and audit log remain, and its id is never used
    again. Raises ApiError `organization_not_empty` if the organisation has events, or more than
    REMOVED_MAX records that would be deleted.
    """

    async def decide(known: Organization) -> Change | None:
        if known.status == DELETED:
            return None
        if await _has_events(store, org_id):
            raise ApiError(
                "organization_not_empty",
                f"{org_id} has events, and events can't be deleted yet. Suspend the organisation "
                "instead: its keys and members then get no tokens.",
            )
        members = await list_memberships(store, org_id)
        keys = await list_keys(store, org_id)
        invitations = await list_invitations(store, org_id)
        views = await list_saved(store, View, org_id)
        boards = await list_saved(store, Board, org_id)
        shares = await list_saved(store, Share, org_id)
        annotations = await list_saved(store, Annotation, org_id)
        alerts = await list_saved(store, Alert, org_id)
        saved = (*views, *boards, *annotations, *shares, *alerts)
        if len(members) + len(keys) + len(invitations) + len(saved) > REMOVED_MAX:
            raise ApiError(
                "organization_not_empty",
                f"{org_id} has more than {REMOVED_MAX:,} members, keys, invitations, views, "
                "boards, annotations, share links and alerts. Remove some first.",
            )
        effects: list[Effect] = [one.removed() for one in members]
        effects += [replace(one, role="") for one in invitations]
        effects += [replace(key, kind="") for key in keys]
        effects += [one.removed() for one in saved]
        details = {
            "members": len(members),
            "keys": len(keys),
            "invitations": len(invitations),
            "views": len(views),
            "boards": len(boards),
            "annotations": len(annotations),
            "shares": len(shares),
            "alerts": len(alerts),
        }
        return Change(replace(known, status=DELETED, owners=()), effects, details)

    done = await perform(store, context, org_id, "organization.delete", org_id, decide)
    await delete_loaded_metrics(store, org_id)  # also if an earlier deletion stopped before this
    return done


async def _has_events(store: Store, org_id: str) -> bool:
    return bool(await first_day(store, query_days(org_id, MIN_DAY, MAX_DAY)))
