"""Invitations by e-mail address.

An invitation's token is returned only when the invitation is created, and its hash is stored. The
token alone gives no access: its holder must also sign in with the verified e-mail address.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from api.auth.caller import ORGANIZATION_MANAGE, OWNER, scopes_of_role
from api.domain.reference import (
    DELETED,
    Effect,
    Invitation,
    Membership,
    Organization,
    hash_invitation,
)
from api.domain.times import format_timestamp
from api.errors import ApiError
from api.services.acts import Change, Context, perform
from api.services.input_checks import check_email
from api.services.members import Person, new_user, owners_of, require_not_deleted, require_owner
from api.services.open_invitations import is_same_email
from api.services.owned_records import find_own, list_newest
from api.stores.protocol import Store

INVITATIONS_MAX = 100
LIFETIME = timedelta(days=7)
TOKEN_BYTES = 20  # random bytes of a new token; callers send them as hexadecimal text


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person who signed in with an ID token. Only a verified e-mail address is trusted."""

    user_id: str
    verified_email: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """The address that is invited, the role to give, and the end of the invitation."""

    email: str
    role: str
    expires_at: datetime


async def list_invitations(store: Store, org_id: str) -> Sequence[Invitation]:
    """Return the invitations that were neither accepted nor revoked, newest first."""
    return await list_newest(store, Invitation, org_id)


async def create_invitation(
    store: Store, context: Context, org_id: str, new: NewInvitation, *, random: str
) -> tuple[Invitation, str]:
    """Create an invitation, and return it with its token, which contains `random`, a random text.

    Earlier invitations of the same address are revoked. Raises ApiError `owner_required` or
    `invitation_limit_reached`. Invitations that were created just now may not be counted.
    """
    email, role = new.email, new.role
    check_email(email)
    token = f"inv_{random}"
    invitation = Invitation(
        hash_invitation(token),
        org_id,
        email,
        role,
        format_timestamp(context.now),
        format_timestamp(new.expires_at),
        context.user_id,
    )

    async def decide(known: Organization) -> Change:
        require_not_deleted(known)
        others = [
            one
            for one in await list_invitations(store, org_id)
            if one.token_hash != invitation.token_hash
        ]
        earlier = [one for one in others if is_same_email(one.email, email)]
        replaced = (one.role for one in earlier)
        require_owner(context, await owners_of(store, known), role, *replaced)
        if len(others) - len(earlier) >= INVITATIONS_MAX:
            raise ApiError(
                "invitation_limit_reached",
                f"The organisation has {INVITATIONS_MAX} invitations. Revoke some of them first.",
            )
        revoked = [replace(one, role="") for one in earlier]
        return Change(known, [invitation, *revoked], {"email": email, "role": role})

    await perform(store, context, org_id, "invitation.create", invitation.token_hash, decide)
    return invitation, token


async def revoke_invitation(
    store: Store, context: Context, org_id: str, invitation_id: str
) -> None:
    """Revoke an invitation.

    Raises ApiError `owner_required`, and `not_found` if the invitation doesn't exist, was accepted,
    or belongs to another organisation.
    """

    async def decide(known: Organization) -> Change:
        invitation = await find_own(store, Invitation, org_id, invitation_id, name="invitation")
        require_owner(context, await owners_of(store, known), invitation.role)
        details = {"email": invitation.email, "role": invitation.role}
        return Change(known, [replace(invitation, role="")], details)

    await perform(store, context, org_id, "invitation.revoke", invitation_id, decide)


async def accept_invitation(
    store: Store, context: Context, token: str, person: SignedIn
) -> Membership:
    """Make the signed-in person a member.

    Repeating the call within an hour returns the same membership. If the person is already a
    member, the role doesn't change. Raises ApiError `invitation_invalid`, `invitation_expired`,
    `email_not_verified` or `email_mismatch`.
    """
    invitation_id = hash_invitation(token)
    found = await store.read(Invitation, invitation_id)
    if found is None:
        raise _invalid()
    org_id = found.record.org_id

    async def decide(known: Organization) -> Change | None:
        stored = await store.read(Invitation, invitation_id)
        if stored is None or known.status == DELETED:
            raise _invalid()
        invitation = stored.record
        if invitation.is_removed and invitation.accepted_by == person.user_id:
            return None
        _require_email(invitation, person)
        if invitation.is_removed:
            raise _invalid()
        if invitation.expires_at <= format_timestamp(context.now):
            raise ApiError(
                "invitation_expired", "The invitation has expired. Ask an admin for a new one."
            )
        owners = await owners_of(store, known)
        await _require_inviter(store, invitation, owners)
        return await _joined(store, context, known, invitation, person, owners)

    await perform(store, context, org_id, "invitation.accept", invitation_id, decide)
    stored = await store.read(Membership, person.user_id, org_id)
    if stored is None or stored.record.is_removed:  # removed since the invitation was accepted
        raise _invalid()
    return stored.record


async def _joined(
    store: Store,
    context: Context,
    known: Organization,
    invitation: Invitation,
    person: SignedIn,
    owners: tuple[str, ...],
) -> Change:
    user_id, role = person.user_id, invitation.role
    described = Person(user_id, person.verified_email, person.name)
    user = await new_user(store, context, described, role=role)
    accepted = replace(invitation, role="", accepted_by=user_id)
    effects: list[Effect] = [accepted] if user is None else [user, accepted]
    details = {"email": invitation.email}
    member = await store.read(Membership, user_id, known.org_id)
    if member is None or member.record.is_removed:
        if member and member.record.act > invitation.act:  # the removal missed a new invitation
            raise _invalid()
        details["role"] = role
        now = format_timestamp(context.now)
        effects.append(Membership(user_id, known.org_id, role, now))
        if role == OWNER:
            owners = (*owners, user_id)
    return Change(replace(known, owners=owners), effects, details)


def _require_email(invitation: Invitation, person: SignedIn) -> None:
    if not person.verified_email:
        raise ApiError(
            "email_not_verified",
            "The ID token contains no verified e-mail address. Verify the address at the identity "
            "provider, and sign in again.",
        )
    if not is_same_email(person.verified_email, invitation.email):
        raise ApiError(
            "email_mismatch",
            "The invitation was sent to another e-mail address. Sign in with that address, or ask "
            "an admin to invite this one.",
        )


async def _require_inviter(store: Store, invitation: Invitation, owners: Sequence[str]) -> None:
    """Check that the inviting person could still give the role. Operators always can."""
    if not invitation.created_by:
        return
    stored = await store.read(Membership, invitation.created_by, invitation.org_id)
    role = stored.record.role if stored else ""
    may_invite = ORGANIZATION_MANAGE in scopes_of_role(role)
    if not may_invite or (invitation.role == OWNER and invitation.created_by not in owners):
        raise ApiError(
            "invitation_invalid",
            "The person who sent the invitation may no longer invite. Ask an admin for a new one.",
        )


def _invalid() -> ApiError:
    return ApiError(
        "invitation_invalid",
        "The invitation doesn't exist, was revoked or was already used. Ask an admin for another.",
    )
