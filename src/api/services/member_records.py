"""Read the members of an organisation, and find members and users by id or e-mail address."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.domain.reference import Membership, User
from api.errors import ApiError, FieldError, invalid_parameters
from api.services.at_once import map_at_once
from api.services.input_checks import check_user_id
from api.services.open_invitations import is_same_email
from api.services.pages import Order, in_order
from api.stores.protocol import Store

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


async def find_membership(store: Store, org_id: str, user_id: str) -> Membership:
    """Return the membership. Raises ApiError `not_found`."""
    stored = await store.read(Membership, user_id, org_id)
    if stored is None or stored.record.is_removed:
        raise ApiError("not_found", f"{user_id} is not a member of {org_id}.")
    return stored.record
