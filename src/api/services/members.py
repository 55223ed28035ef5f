"""The members of an organisation, with their roles, and the owners of the organisation.

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
from api.services.at_once import map_at_once
from api.services.input_checks import check_email, check_name, check_user_id
from api.services.open_invitations import invitations_to, is_same_email
from api.services.pages import Order, in_order
from api.stores.protocol import Conflict, Store

BY_USER_ID = Order[Membership](lambda one: (one.user_id,), 1)


@dataclass(frozen=True, slots=True)
class Member:
    """A membership and, if it is stored, the user's record."""

    membership: Membership
    user: User | None


async def list_members(store: Store, org_id: str) -> Sequence[Member]:
    """Return the members, ordered by user id. A new member may appear with a delay."""
    return await describe_members(store, await list_memberships(store, org_id))


async def list_memberships(store: Store, org_id: str) -> Sequence[Membership]:
    """Return the memberships, ordered by user id."""
    found = await store.find_indexed(Membership, org_id)
    return in_order((one for one in found if not one.is_removed), BY_USER_ID)


async def describe_members(store: Store, memberships: Sequence[Membership]) -> Sequence[Member]:
    return await map_at_once(lambda one: describe_member(store, one), memberships)


async def describe_member(store: Store, membership: Membership) -> Member:
    """Return the membership with the user's e-mail address and name.

    If an admin of the organisation added the member, the user's own record isn't read, because
    another organisation may have written it.
    """
    if membership.email is not None:
        email, name = membership.email, membership.name or ""
        user = User(membership.user_id, email, name, membership.role, "", "")
        return Member(membership, user)
    stored = await store.read(User, membership.user_id)
    return Member(membership, stored.record if stored else None)


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

    If an operator adds the member, the e-mail address and the name are stored with the user.
    Otherwise they are stored with the membership, because admins must not change a record that
    other organisations use. Open invitations of the member's address are revoked, because the
    member could accept them after being removed. A call that returns False revokes nothing. Raises
    ApiError `not_found`, `invalid_parameter`, `owner_required` or, if the user is a member with
    another role, `already_exists`.
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


async def find_user_id(store: Store, user: str) -> str | None:
    """Return the id of the stored user whose id or e-mail address is `user`, or None.

    To find an e-mail address, the function reads all users. Raises ApiError `invalid_parameter` if
    several users have the same e-mail address.
    """
    if _is_user_id(user) and await store.read(User, user):
        return user
    if "@" not in user:
        return None
    users = await store.find(User, None)
    return _only([one.user_id for one in users if is_same_email(one.email, user)], user)


async def find_member_id(store: Store, org_id: str, user: str) -> str:
    """Return the id of the member whose id or e-mail address is `user`.

    Raises ApiError `not_found` if there is no such member, and `invalid_parameter` if several
    members have the e-mail address.
    """
    stored = await store.read(Membership, user, org_id) if _is_user_id(user) else None
    if stored and not stored.record.is_removed:
        return user
    members = await list_members(store, org_id) if "@" in user else ()
    users = [member.user for member in members if member.user]
    found = _only([one.user_id for one in users if is_same_email(one.email, user)], user)
    if found is None:
        raise ApiError("not_found", f"{user} is not a member of {org_id}.")
    return found


def _is_user_id(text: str) -> bool:
    try:
        check_user_id(text)
    except ApiError:
        return False
    return True


def _only(user_ids: Sequence[str], email: str) -> str | None:
    if len(user_ids) > 1:
        detail = f"is the e-mail of {', '.join(user_ids)}. Pass the user id"
        raise invalid_parameters([FieldError(f"/{email}", "ambiguous", detail)])
    return user_ids[0] if user_ids else None


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
    """Return the user's record to store, or None if the stored record needs no change.

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


async def find_membership(store: Store, org_id: str, user_id: str) -> Membership:
    """Return the membership. Raises ApiError `not_found`."""
    stored = await store.read(Membership, user_id, org_id)
    if stored is None or stored.record.is_removed:
        raise ApiError("not_found", f"{user_id} is not a member of {org_id}.")
    return stored.record


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
