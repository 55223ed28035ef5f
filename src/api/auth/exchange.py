"""The exchange of API keys and ID tokens for access tokens, and a caller's organisations."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from api.auth.caller import Caller, scopes_of_api_key, scopes_of_role
from api.auth.errors import TokenError, insufficient_scope, organization_suspended
from api.auth.issuer import Grant
from api.auth.protocol import Claims, TokenVerifier
from api.domain.events import PUBLIC
from api.domain.reference import (
    ACTIVE,
    DELETED,
    SUSPENDED,
    ApiKey,
    Membership,
    Organization,
    hash_api_key,
    is_expired,
)
from api.domain.times import parse_timestamp
from api.errors import ApiError, reason_of
from api.stores.protocol import Conflict, Store, Stored

_LOCAL_KEY_MARK = "_local_"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallerOrganization:
    """An organisation that the caller may act for, and the caller's role in it."""

    org_id: str
    name: str
    plan: str
    created_at: str
    timezone: str
    role: str | None

    @classmethod
    def of(cls, organization: Organization, role: str | None) -> Self:
        own = organization
        return cls(own.org_id, own.name, own.plan, own.created_at, own.timezone, role)


async def grant_of_api_key(store: Store, api_key: str, *, now: datetime, is_local: bool) -> Grant:
    """Return the permissions that an API key gives in its organisation.

    Raises the same errors as `find_api_key`.
    """
    key = await find_api_key(store, api_key, now=now, is_local=is_local)
    return Grant(
        subject_of(key),
        key.org_id,
        scopes_of_api_key(key.kind),
        origins=key.origins,
        expires_at=parse_timestamp(key.expires_at) if key.expires_at else None,
    )


async def find_api_key(store: Store, api_key: str, *, now: datetime, is_local: bool) -> ApiKey:
    """Return the stored record of this API key, and record that the key was used today.

    Raises ApiError `credential_invalid` (with the same message for every invalid key),
    `credential_expired` or `organization_suspended`.
    """
    if _LOCAL_KEY_MARK in api_key and not is_local:
        raise _bad_api_key()
    # The key is looked up by its hash, so the duration reveals nothing about existing keys.
    stored = await store.read(ApiKey, hash_api_key(api_key))
    if stored is None or stored.record.is_removed:
        raise _bad_api_key()
    if is_expired(stored.record, now):
        raise ApiError(
            "credential_expired",
            "The API key has expired. Ask an admin of the organisation for a new one.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    status = await _status_of(store, stored.record.org_id)
    if status == DELETED:
        raise _bad_api_key()
    if status == SUSPENDED:
        raise organization_suspended()
    await _record_use(store, stored, now)
    return stored.record


async def _record_use(store: Store, stored: Stored[ApiKey], now: datetime) -> None:
    """Record that the API key was used today.

    Only the first use on a day is recorded. If the write fails, the request still succeeds.
    """
    day = now.date().isoformat()
    if stored.record.last_used >= day:
        return
    try:
        await store.replace(replace(stored.record, last_used=day), version=stored.version)
    except Conflict:
        return  # the API key was used, changed or revoked at the same time
    except Exception as error:  # noqa: BLE001 - logged, and the next use is recorded instead
        fields = {"org_id": stored.record.org_id, "reason": reason_of(error)}
        log.warning("the use of an API key can't be recorded", extra={"fields": fields})


async def _status_of(store: Store, org_id: str) -> str:
    """Return the organisation's status.

    An organisation without a stored record counts as active.
    """
    stored = await store.read(Organization, org_id)
    return stored.record.status if stored else ACTIVE


def subject_of(key: ApiKey) -> str:
    """Return the `sub` claim of the tokens that are issued for an API key."""
    return f"api_key:{key.key_hash[:16]}"


async def grant_of_id_token(
    store: Store, id_tokens: TokenVerifier, subject_token: str, *, org_id: str | None
) -> Grant:
    """Return the permissions of a signed-in user in one of their organisations.

    If `org_id` is missing, the active organisation that the user joined first is used, because at
    sign-in the client doesn't have the id of an organisation yet. An admin of another organisation
    who adds the user therefore can't change the user's default. Raises ApiError `token_invalid` or
    `token_expired` if the ID token is invalid or expired. Raises `not_a_member` if the organisation
    doesn't exist or the user isn't a member. Raises `organization_suspended` if the organisation is
    suspended.
    """
    claims = await verify_id_token(id_tokens, subject_token)
    membership = await _find_active_membership(store, claims["sub"], org_id)
    if membership is None:
        raise ApiError(
            "not_a_member",
            "The signed-in user is not a member of the organisation in org_id, or of any "
            "organisation. Choose another organisation, or ask an admin for an invitation.",
        )
    return Grant(
        membership.user_id,
        membership.org_id,
        scopes_of_role(membership.role),
        role=membership.role,
    )


async def verify_id_token(id_tokens: TokenVerifier, id_token: str) -> Claims:
    """Return the claims of the ID token. The messages of its errors name the ID token."""
    try:
        return await id_tokens.verify(id_token)
    except TokenError as error:
        raise error.of_id_token() from error


async def _find_active_membership(
    store: Store, user_id: str, org_id: str | None
) -> Membership | None:
    """Return the user's membership in `org_id`.

    Without `org_id`, return the oldest membership whose organisation is active.
    """
    if org_id is None:
        found = await _memberships_of(store, user_id)
        memberships = sorted(found, key=lambda one: (one.joined_at, one.org_id))
    else:
        membership = await _find_membership(store, user_id, org_id)
        memberships = [membership] if membership else []
    is_suspended = False
    for membership in memberships:
        status = await _status_of(store, membership.org_id)
        if status == ACTIVE:
            return membership
        is_suspended = is_suspended or status == SUSPENDED
    if is_suspended:
        raise organization_suspended()
    return None


async def _find_membership(store: Store, user_id: str, org_id: str) -> Membership | None:
    stored = await store.read(Membership, user_id, org_id)
    return stored.record if stored and not stored.record.is_removed else None


async def _memberships_of(store: Store, user_id: str) -> Sequence[Membership]:
    return [m for m in await store.find(Membership, user_id) if not m.is_removed]


async def require_membership(store: Store, user_id: str, org_id: str, scope: str) -> Membership:
    """Return the user's stored membership if it grants the scope.

    An access token doesn't prove membership, because it stays valid after the membership is
    removed. Raises ApiError `not_a_member` or `insufficient_scope`.
    """
    membership = await _find_membership(store, user_id, org_id)
    if membership is None:
        raise ApiError(
            "not_a_member",
            "You are no longer a member of the organisation. Ask an admin for an invitation.",
        )
    if scope not in scopes_of_role(membership.role):
        raise insufficient_scope(scope)
    return membership


async def organizations_of_user(store: Store, user_id: str) -> Sequence[CallerOrganization]:
    """Return every organisation that the user is a member of, ordered by id."""
    memberships = await _memberships_of(store, user_id)
    stored = await asyncio.gather(*(store.read(Organization, m.org_id) for m in memberships))
    return [
        CallerOrganization.of(found.record, member.role)
        for member, found in zip(memberships, stored, strict=True)
        if found and found.record.status != DELETED
    ]


async def organizations_of_caller(store: Store, caller: Caller) -> Sequence[CallerOrganization]:
    """Return all organisations of a user, or the organisation of an API key that can read events.

    Return an empty list for any other API key and for a key's token without the scope
    `events:read`. A key or token that can't read events may be visible in a web page, so it must
    not give access to the organisation's name and plan.
    """
    if caller.source == PUBLIC:
        return []
    if caller.kind == "user":
        return await organizations_of_user(store, caller.subject)
    stored = await store.read(Organization, caller.org_id)
    if stored is None or stored.record.status == DELETED:
        return []
    return [CallerOrganization.of(stored.record, role=None)]


def _bad_api_key() -> ApiError:
    return ApiError(
        "credential_invalid",
        "The API key is invalid. Send the whole key, ak_…, rk_… or pk_…, as it was issued.",
        headers={"WWW-Authenticate": "Bearer"},
    )
