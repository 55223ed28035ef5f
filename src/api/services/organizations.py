"""Organisations and their API keys: what a token is issued for."""

from collections.abc import Iterator

from api.domain.reference import ApiKey, Organization, hash_api_key
from api.stores.protocol import Conflict, Store
from api.stores.records import record_kind

_LOCAL_SINCE = "2026-01-01T00:00:00.000000Z"
LOCAL_ORGANIZATIONS = (
    Organization("org_acme", "Acme Corporation", "enterprise", _LOCAL_SINCE),
    Organization("org_globex", "Globex Industries", "growth", _LOCAL_SINCE),
    Organization("org_initech", "Initech", "starter", _LOCAL_SINCE),
)


async def put(store: Store, record: object) -> None:
    """Write the record, over an older one of the same key if need be."""
    while True:
        try:
            await store.create(record)
        except Conflict:
            known = await store.read(type(record), *record_kind(type(record)).key(record))
        else:
            return
        if known is None:  # deleted meanwhile
            continue
        if known.record != record:
            try:
                await store.replace(record, version=known.version)
            except Conflict:
                continue
        return


async def register_locally(store: Store, organization: Organization) -> None:
    """The organisation with its well-known keys, which no other environment accepts."""
    await put(store, organization)
    for key in local_api_keys(organization):
        await put(store, key)


async def ensure_local_organizations(store: Store) -> None:
    """Register the built-in ones that are missing; those that were loaded stay as they are."""
    for organization in LOCAL_ORGANIZATIONS:
        if await store.read(Organization, organization.org_id) is None:
            await register_locally(store, organization)


def local_api_keys(organization: Organization) -> Iterator[ApiKey]:
    """`ak_local_<name>` reads and writes, `pk_local_<name>` only writes events."""
    name = organization.org_id.removeprefix("org_")
    for prefix, kind in (("ak", "secret"), ("pk", "publishable")):
        yield ApiKey(
            key_hash=hash_api_key(f"{prefix}_local_{name}"),
            org_id=organization.org_id,
            kind=kind,
            name=f"{prefix}_local_{name}",
            created_at=organization.created_at,
        )
