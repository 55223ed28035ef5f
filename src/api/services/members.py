"""Acts that change the members of an organisation, their roles and its owners.

Every act is audited and can be repeated. A function that performs an act returns False if there is
nothing to change.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from api.auth.caller import OWNER, ROLES
from api.domain.reference import DELETED, Effect, Invitation, Membership, Organization, User
from api.domain.times import format_timestamp, parse_timestamp
from api.errors import ApiError, FieldError, invalid_parameters
from api.services.acts import Change, Context, perform
from api.services.input_checks import check_email, check_name, check_user_id
from api.services.member_records import describe_member, find_membership
from api.services.open_invitations import invitations_to
from api.stores.protocol import Conflict, Store


@dataclass(frozen=True, slots=True)
class Person:
    """A user: the `sub` of their ID token and, if known, their e-mail address and name."""

    user_id: str
    email: str = ""
    name: str = ""


async def add_member(
    store: Store, context: Context, org_id: str, *, person: Person, role: str
) -> bool:
    """Add a member. Return False if the user is already a member with this role.

    If an operator adds the member, the e-mail address and the name are stored with the user. If an
    admin adds the member, they are stored with the membership, because admins must not change a
    record that other organisations use. Open invitations of the member's address are revoked,
    because the member could accept them after being removed. A call that returns False revokes
    nothing. Raises ApiError `not_found`, `invalid_parameter`, `owner_required` or, if the user is a
    member with another role, `already_exists`.
    """
    _check_role(role)
    check_person(person)
    user_id, is_own = person.user_id, context.actor.type != "operator"
    user = None if is_own else await new_user(store, context, person, role=role)
    email, name = (person.email, person.name) if is_own else (None, None)

    async def decide(known: Organization) -> Change | None:
        require_not_deleted(known)
        stored = await store.read(Membership, user_id, org_id)
        if stored and not stored.record.is_removed:
            if stored.record.role != role:
                raise ApiError(
                    "already_exists",
                    f"{user_id} is already a member of {org_id} with the role "
                    f"{stored.record.role}. Change the role instead.",
                )
            if user is None:
                return None
            member = stored.record
        else:
            now = format_timestamp(context.now)
            member = Membership(user_id, org_id, role, now, email=email, name=name)
        owners = await owners_of(store, known)
        revoked = await _invitations_of(store, member, person.email)
        require_owner(context, owners, role, *(one.role for one in revoked))
        if role == OWNER and user_id not in owners:
            owners = (*owners, user_id)
        effects: list[Effect] = [] if user is None else [user]
        effects += [replace(one, role="") for one in revoked]
        if stored is None or stored.record.is_removed:
            effects.append(member)
        return Change(replace(known, owners=owners), effects, _details(role, revoked))

    return await perform(store, context, org_id, "member.add", user_id, decide)


async def change_role(
    store: Store, context: Context, org_id: str, *, user_id: str, role: str
) -> bool:
    """Give a member another role. Return False if the member already has this role.

    Raises ApiError `last_owner` for the organisation's only owner, `owner_required`, and
    `not_found` for a user who isn't a member.
    """
    _check_role(role)

    async def decide(known: Organization) -> Change | None:
        require_not_deleted(known)
        member = await find_membership(store, org_id, user_id)
        if member.role == role:
            return None
        owners = await owners_of(store, known)
        require_owner(context, owners, role, member.role)
        if role == OWNER:
            owners = (*(owner for owner in owners if owner != user_id), user_id)
        else:
            owners = _without(owners, user_id)
        changed = replace(member, role=role)
        return Change(replace(known, owners=owners), [changed], {"role": [member.role, role]})

    return await perform(store, context, org_id, "member.role", user_id, decide)


async def remove_member(store: Store, context: Context, org_id: str, *, user_id: str) -> bool:
    """Remove a member. Return False if the user isn't a member.

    The removed member's tokens expire within 15 minutes and 30 seconds, but administrative
    operations with these tokens are refused immediately. Open invitations of the member's address
    are revoked, so that the removed person can't accept them. Raises ApiError `last_owner` for the
    organisation's only owner, and `owner_required`.
    """

    async def decide(known: Organization) -> Change | None:
        require_not_deleted(known)
        stored = await store.read(Membership, user_id, org_id)
        if stored is None or stored.record.is_removed:
            return None
        owners = await owners_of(store, known)
        member = stored.record
        revoked = await _invitations_of(store, member)
        roles = [member.role]
        if context.user_id != user_id:
            roles += [one.role for one in revoked]
        require_owner(context, owners, *roles)
        effects = [member.removed(), *(replace(one, role="") for one in revoked)]
        details = _details(member.role, revoked)
        return Change(replace(known, owners=_without(owners, user_id)), effects, details)

    return await perform(store, context, org_id, "member.remove", user_id, decide)


def _details(role: str, revoked: Sequence[Invitation]) -> dict[str, Any]:
    return {"role": role} | ({"revoked_invitations": len(revoked)} if revoked else {})


async def _invitations_of(
    store: Store, membership: Membership, email: str = ""
) -> Sequence[Invitation]:
    """Return the open invitations of this address and of the member's address.

    The member's address is the one that admins see. If it were always read from the user's own
    record, an admin could find out which address another organisation stored.
    """
    user = (await describe_member(store, membership)).user
    known = user.email if user else ""
    return await invitations_to(store, membership.org_id, email, known)


async def adopt_organization(store: Store, org_id: str) -> None:
    """Record the owners and index the members of an organisation that an earlier version stored."""
    organization = await store.read(Organization, org_id)
    if organization is None or organization.record.owners is not None:
        return
    owners: list[str] = []
    for member in await store.find(Membership, None):
        if member.org_id != org_id:
            continue
        if member.role == OWNER:
            owners.append(member.user_id)
        stored = await store.read(Membership, member.user_id, org_id)
        if stored:
            with suppress(Conflict):
                await store.replace(stored.record, version=stored.version)
    known = replace(organization.record, owners=tuple(sorted(owners)))
    with suppress(Conflict):
        await store.replace(known, version=organization.version)


async def owners_of(store: Store, organization: Organization) -> tuple[str, ...]:
    """Return the owners of the organisation.

    If the organisation's record doesn't list the owners yet, they are read from the memberships.
    """
    if organization.owners is not None:
        return organization.owners
    members = await store.find_indexed(Membership, organization.org_id)
    return tuple(sorted(member.user_id for member in members if member.role == OWNER))


async def new_user(store: Store, context: Context, person: Person, *, role: str) -> User | None:
    """Return the user record that must be stored, or None if the stored record is up to date.

    Raises ApiError `invalid_parameter`.
    """
    check_person(person)
    now = format_timestamp(context.now)
    stored = await store.read(User, person.user_id)
    if stored is None:
        return User(person.user_id, person.email, person.name, role, now, now)
    known = stored.record
    wanted = replace(known, email=person.email or known.email, name=person.name or known.name)
    if wanted == known:
        return None
    if now <= known.updated_at:  # written by a machine whose clock is ahead
        now = format_timestamp(parse_timestamp(known.updated_at) + timedelta(microseconds=1))
    return replace(wanted, updated_at=now)


def check_person(person: Person) -> None:
    """Raise ApiError `invalid_parameter` for an invalid user id, e-mail address or name."""
    check_user_id(person.user_id)
    if person.email:
        check_email(person.email)
    if person.name:
        check_name("name", person.name)


def require_not_deleted(organization: Organization) -> None:
    """Raise ApiError `not_found` for a deleted organisation."""
    if organization.status == DELETED:
        raise ApiError("not_found", f"The organisation {organization.org_id} was deleted.")


def require_owner(context: Context, owners: Sequence[str], *roles: str) -> None:
    """Raise ApiError `owner_required` if the actor may not give or take away these roles.

    Only owners and operators may give or take away the role `owner`.
    """
    if OWNER in roles and context.actor.type != "operator" and context.actor.id not in owners:
        raise ApiError(
            "owner_required",
            "Only an owner can add, change or remove an owner, or revoke an owner's invitation. "
            "Ask an owner of the organisation.",
        )


def _without(owners: Sequence[str], user_id: str) -> tuple[str, ...]:
    left = tuple(owner for owner in owners if owner != user_id)
    if owners and not left:
        raise ApiError(
            "last_owner",
            f"{user_id} is the only owner. Make another member an owner first.",
        )
    return left


def _check_role(role: str) -> None:
    if role not in ROLES:
        detail = f"must be one of {', '.join(ROLES)}"
        raise invalid_parameters([FieldError("/role", "invalid", detail)])
