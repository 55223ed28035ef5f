"""The API keys of an organisation. Only their hashes are stored. A secret is returned once."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from operator import attrgetter

from api.auth.caller import Caller
from api.domain.reference import ApiKey, hash_api_key, spell_api_key
from api.domain.times import format_timestamp
from api.errors import ApiError
from api.stores.protocol import Conflict, Store


async def list_keys(store: Store, org_id: str) -> Sequence[ApiKey]:
    """Return all keys of the organisation, newest first."""
    keys = await store.find(ApiKey, org_id)
    return sorted(keys, key=attrgetter("created_at"), reverse=True)


async def create_key(
    store: Store, caller: Caller, *, name: str, kind: str, random: str, now: datetime
) -> tuple[ApiKey, str]:
    """Create a key for the caller's organisation. Its secret contains the text `random`."""
    secret = spell_api_key(kind, random)
    key = ApiKey(
        hash_api_key(secret), caller.org_id, kind, name, format_timestamp(now), caller.subject
    )
    with suppress(Conflict):  # an earlier attempt wrote the key, and its response was lost
        await store.create(key)
    return key, secret


async def revoke_key(store: Store, org_id: str, key_id: str) -> None:
    """Delete a key.

    Raises ApiError `not_found` if it doesn't exist or belongs to another organisation.
    """
    stored = await store.read(ApiKey, key_id)
    if stored is None or stored.record.org_id != org_id:
        raise ApiError("not_found", "The organisation has no API key with this id.")
    await store.delete(ApiKey, key_id)
