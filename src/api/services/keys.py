"""The API keys of an organisation.

Only hashes of the keys are stored. A key's secret is returned only when the key is created.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from api.domain.reference import ApiKey, Organization, hash_api_key, spell_api_key
from api.domain.times import format_timestamp
from api.errors import ApiError
from api.services.acts import Change, Context, perform
from api.services.members import require_not_deleted
from api.services.owned_records import find_own, list_newest
from api.stores.protocol import Store

KEYS_MAX = 100
ORIGINS_MAX = 10
ORIGIN_LENGTH_MAX = 255
SECRET_BYTES = 20  # random bytes of a new secret; callers pass them as hexadecimal text


@dataclass(frozen=True, slots=True)
class NewKey:
    """The settings of a new API key."""

    name: str
    kind: str
    expires_at: datetime | None = None
    origins: tuple[str, ...] = ()


async def list_keys(store: Store, org_id: str) -> Sequence[ApiKey]:
    """Return all keys of the organisation, newest first."""
    return await list_newest(store, ApiKey, org_id)


def describe_key(key: ApiKey) -> dict[str, Any]:
    """Return what callers may see of a key: everything except its secret, by field name."""
    return {
        "key_id": key.key_hash,
        "name": key.name,
        "kind": key.kind,
        "created_at": key.created_at,
        "created_by": key.created_by or None,
        "expires_at": key.expires_at or None,
        "origins": list(key.origins),
        "last_used_on": key.last_used or None,
    }


async def create_key(
    store: Store, context: Context, org_id: str, new: NewKey, *, random: str
) -> tuple[ApiKey, str]:
    """Create a key for the organisation.

    The secret of the key contains the random text in the argument `random`. Raises ApiError
    `key_limit_reached` if the organisation already has KEYS_MAX keys. Keys that were created just
    before may not be counted yet.
    """
    secret = spell_api_key(new.kind, random)
    key = ApiKey(
        hash_api_key(secret),
        org_id,
        new.kind,
        new.name,
        format_timestamp(context.now),
        created_by=context.user_id,
        expires_at=format_timestamp(new.expires_at) if new.expires_at else "",
        origins=new.origins,
    )

    async def decide(known: Organization) -> Change:
        require_not_deleted(known)
        others = [each for each in await list_keys(store, org_id) if each.key_hash != key.key_hash]
        if len(others) >= KEYS_MAX:
            raise ApiError(
                "key_limit_reached",
                f"The organisation has {KEYS_MAX} API keys. Revoke expired or unused keys.",
            )
        return Change(known, [key], _details_of(key))

    await perform(store, context, org_id, "api_key.create", key.key_hash, decide)
    return key, secret


def _details_of(key: ApiKey) -> dict[str, Any]:
    """Return the details of a new key for the audit log.

    Limits that the key doesn't have are left out.
    """
    limits = {"expires_at": key.expires_at, "origins": list(key.origins)}
    return {"name": key.name, "kind": key.kind} | {
        name: limit for name, limit in limits.items() if limit
    }


async def revoke_key(store: Store, context: Context, org_id: str, key_id: str) -> None:
    """Revoke a key.

    Raises ApiError `not_found` if the key doesn't exist or belongs to another organisation.
    """

    async def decide(known: Organization) -> Change:
        key = await find_own(store, ApiKey, org_id, key_id, name="API key")
        removed = replace(key, kind="")
        return Change(known, [removed], {"name": key.name, "kind": key.kind})

    await perform(store, context, org_id, "api_key.revoke", key_id, decide)
