"""The built-in organisations of a local store, with their API keys and sample users."""

from collections.abc import Iterator
from dataclasses import replace

from api.auth.exchange import organizations_of_user
from api.domain.reference import (
    ApiKey,
    AuditEntry,
    Membership,
    Organization,
    User,
    hash_api_key,
)
from api.domain.times import format_timestamp
from api.services.acts import Context
from api.stores.protocol import Conflict, Store
from api.stores.records import record_key

_LOCAL_SINCE = "2026-01-01T00:00:00.000000Z"
LOCAL_ORGANIZATIONS = (
    Organization("org_acme", "Acme Corporation", "enterprise", _LOCAL_SINCE),
    Organization("org_globex", "Globex Industries", "growth", _LOCAL_SINCE),
    Organization("org_initech", "Initech", "starter", _LOCAL_SINCE),
)

# The sample data contains the same ids, names and roles. Loading the sample data replaces these
# users.
_LOCAL_PEOPLE = (
    ("user_001", "Bo Ito", "acme", {"org_acme": "owner"}),
    (
        "user_002",
        "Ines Bauer",
        "acme",
        {"org_acme": "admin", "org_globex": "admin", "org_initech": "admin"},
    ),
    ("user_005", "Grace Bauer", "acme", {"org_acme": "member"}),
    ("user_007", "Grace Abbott", "acme", {"org_acme": "viewer"}),
    ("user_029", "Ines Costa", "globex", {"org_globex": "owner"}),
    ("user_032", "Ines Fontaine", "globex", {"org_globex": "member"}),
    ("user_040", "Hugo Abbott", "globex", {"org_globex": "viewer"}),
    ("user_049", "Hugo Diaz", "initech", {"org_initech": "owner"}),
    ("user_052", "Bo Fontaine", "initech", {"org_initech": "member"}),
    ("user_055", "Grace Fontaine", "initech", {"org_initech": "viewer"}),
)


async def put(store: Store, record: object) -> None:
    """Create the record, or replace the stored record with the same key."""
    while True:
        try:
            await store.create(record)
        except Conflict:
            known = await store.read(type(record), *record_key(record))
        else:
            return
        if known is None:  # the record has just been deleted
            continue
        if known.record != record:
            try:
                await store.replace(record, version=known.version)
            except Conflict:
                continue
        return


async def register_locally(store: Store, organization: Organization) -> None:
    """Store the organisation with well-known keys, which only the environment `local` accepts.

    If administrative acts have changed the organisation, nothing is stored.
    """
    known = await store.read(Organization, organization.org_id)
    if known and known.record.acts:
        return
    events_from = known.record.events_from if known else ""
    await put(store, replace(organization, events_from=events_from))
    for key in local_api_keys(organization):
        await put(store, key)


async def put_user(store: Store, user: User) -> None:
    """Store a user of the sample data, unless an administrative act has changed the user since."""
    known = await store.read(User, user.user_id)
    is_built_in = known and known.record.updated_at == _LOCAL_SINCE
    if known is None or is_built_in or known.record.updated_at <= user.updated_at:
        await put(store, user)


async def find_administered(store: Store) -> dict[str, str]:
    """Return the status of each organisation that administrative acts have changed."""
    found = await store.find(Organization, None)
    return {one.org_id: one.status for one in found if one.acts}


async def ensure_local_records(store: Store, *, with_people: bool) -> None:
    """Register the built-in organisations and, if `with_people` is true, the sample users."""
    await ensure_local_organizations(store)
    if with_people:
        await ensure_local_people(store)


async def ensure_local_organizations(store: Store) -> None:
    """Register the built-in organisations that are missing.

    Existing organisations keep their values. If administrative acts haven't changed them, they get
    the read-only key, which data folders of earlier versions lack.
    """
    for organization in LOCAL_ORGANIZATIONS:
        known = await store.read(Organization, organization.org_id)
        if known is None:
            await register_locally(store, organization)
        elif known.record.acts:
            continue
        for key in local_api_keys(organization):
            if key.kind == "read" and await store.read(ApiKey, key.key_hash) is None:
                await put(store, key)


async def ensure_local_people(store: Store) -> None:
    """Create the sample users for sign-in, unless the store has other users.

    Sample users don't become members of organisations that administrative acts have changed.
    """
    known = {user.user_id for user in await store.find(User, None)}
    if known - {user_id for user_id, *_ in _LOCAL_PEOPLE}:
        return
    administered = await find_administered(store)
    for user_id, name, company, roles in _LOCAL_PEOPLE:
        if user_id in known:
            continue
        for org_id, role in roles.items():
            if org_id not in administered:
                await put(store, Membership(user_id, org_id, role, _LOCAL_SINCE))
        email = f"{name.replace(' ', '.').lower()}@{company}.example"
        role = next(iter(roles.values()))
        # Users are written last, so the next start completes an interrupted start.
        await put(store, User(user_id, email, name, role, _LOCAL_SINCE, _LOCAL_SINCE))


async def record_sign_in(store: Store, context: Context) -> None:
    """Write a sign-in as a sample user to the audit log of each of the user's organisations.

    A sign-in doesn't change the organisation, so the entry is complete at once, and the
    organisation still counts as not administered.
    """
    at, user_id = format_timestamp(context.now), context.actor.id
    for organization in await organizations_of_user(store, user_id):
        entry = AuditEntry(
            org_id=organization.org_id,
            entry_id=f"{at}~{context.new_id()}",
            at=at,
            actor_type=context.actor.type,
            actor_id=user_id,
            action="sample_user.sign_in",
            target=user_id,
            request_id=context.request_id,
        )
        await store.create(entry)


def local_api_keys(organization: Organization) -> Iterator[ApiKey]:
    """Return the well-known local API keys of the organisation.

    The secret key is `ak_local_<name>`, the read-only key is `rk_local_<name>`, and the publishable
    key is `pk_local_<name>`.
    """
    name = organization.org_id.removeprefix("org_")
    for prefix, kind in (("ak", "secret"), ("rk", "read"), ("pk", "publishable")):
        yield ApiKey(
            key_hash=hash_api_key(f"{prefix}_local_{name}"),
            org_id=organization.org_id,
            kind=kind,
            name=f"{prefix}_local_{name}",
            created_at=organization.created_at,
        )
