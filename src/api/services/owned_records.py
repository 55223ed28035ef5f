"""The API keys and the invitations of an organisation, which are stored under a secret's hash."""

from collections.abc import Sequence
from typing import Any

from api.domain.reference import ApiKey, Invitation
from api.errors import ApiError
from api.services.pages import Order, in_order
from api.stores.protocol import Store
from api.stores.records import record_key


def _position_of(record: ApiKey | Invitation) -> tuple[str, ...]:
    return record.created_at, *record_key(record)


NEWEST_FIRST = Order[Any](_position_of, 2, is_descending=True)  # of keys or of invitations


async def list_newest[R: (ApiKey, Invitation)](
    store: Store, kind: type[R], org_id: str
) -> Sequence[R]:
    """Return the organisation's records that weren't removed, newest first."""
    found = [record for record in await store.find(kind, org_id) if not record.is_removed]
    return in_order(found, NEWEST_FIRST)


async def find_own[R: (ApiKey, Invitation)](
    store: Store, kind: type[R], org_id: str, record_id: str, *, name: str
) -> R:
    """Return the organisation's record with this id.

    `name` is the kind of record for the error message, such as "API key".

    Raises ApiError `not_found` if the record doesn't exist, was removed, or belongs to another
    organisation.
    """
    stored = await store.read(kind, record_id)
    if stored is None or stored.record.org_id != org_id or stored.record.is_removed:
        raise ApiError("not_found", f"The organisation has no {name} with this id.")
    return stored.record
