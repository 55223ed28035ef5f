"""The API keys of an organisation. Only their hashes are stored. A secret is returned once."""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from api.domain.reference import ApiKey, Organization, hash_api_key, spell_api_key
from api.domain.times import format_timestamp
from api.errors import ApiError
from api.services.acts import Change, Context, perform
from api.services.members import require_not_deleted
from api.stores.protocol import Store


async def list_keys(store: Store, org_id: str) -> Sequence[ApiKey]:
    """Return all keys of the organisation, newest first."""
    keys = [key for key in await store.find(ApiKey, org_id) if not key.is_removed]
    return sorted(keys, key=attrgetter("created_at"), reverse=True)


async def create_key(
    store: Store, context: Context, org_id: str, *, name: str, kind: str, random: str
) -> tuple[ApiKey, str]:
    """Create a key for the organisation. Its secret contains the text `random`."""
    secret = spell_api_key(kind, random)
    maker = context.actor.id if context.actor.type == "user" else ""
    created_at = format_timestamp(context.now)
    key = ApiKey(hash_api_key(secret), org_id, kind, name, created_at, maker)

    async def decide(known: Organization) -> Change:
        require_not_deleted(known)
        return Change(known, [key], {"name": name, "kind": kind})

    await perform(store, context, org_id, "api_key.create", key.key_hash, decide)
    return key, secret


async def revoke_key(store: Store, context: Context, org_id: str, key_id: str) -> None:
    """Revoke a key.

    Raises ApiError `not_found` if it doesn't exist or belongs to another organisation.
    """

    async def decide(known: Organization) -> Change:
        stored = await store.read(ApiKey, key_id)
        if stored is None or stored.record.org_id != org_id or stored.record.is_removed:
            raise ApiError("not_found", "The organisation has no API key with this id.")
        key = stored.record
        removed = replace(key, kind="")
        return Change(known, [removed], {"name": key.name, "kind": key.kind})

    await perform(store, context, org_id, "api_key.revoke", key_id, decide)
