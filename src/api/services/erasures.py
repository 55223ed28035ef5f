"""Requests to erase a user, and the jobs that they queue.

A request is an administrative act, which stores the job and the suppression of the user.
`api.services.erasure_jobs` works on the jobs.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from secrets import token_hex

from api.domain.erasures import (
    FAILED,
    KEY_ID,
    OPEN,
    QUEUED,
    Erasure,
    ErasureSubject,
    PrivacyKey,
    Suppression,
    erasure_id_of,
)
from api.domain.events import EVENT_USER_ID_MAX
from api.domain.field_patterns import VISIBLE_TEXT
from api.domain.reference import Organization
from api.domain.times import format_timestamp
from api.errors import ApiError
from api.services.acts import Change, Context, perform
from api.services.input_checks import check_text
from api.services.organization_records import find_organization
from api.services.organizations import put
from api.services.pages import Order, in_order
from api.stores.protocol import Conflict, Store, Unavailable
from api.stores.records import record_key

_KEY_BYTES = 32
NEWEST_FIRST = Order[Erasure](lambda one: (one.created_at, one.erasure_id), 2, is_descending=True)


async def request_erasure(store: Store, context: Context, org_id: str, user_id: str) -> Erasure:
    """Queue the erasure of a user, or return the existing erasure of the user.

    A failed erasure is queued again. Raises ApiError `not_found`, `invalid_parameter` or an error
    of the actor's permissions.
    """
    check_text("user_id", user_id, VISIBLE_TEXT, EVENT_USER_ID_MAX)
    await find_organization(store, org_id)
    user_id_hash = (await _find_or_create_key(store, org_id)).hash(user_id)
    erasure_id = erasure_id_of(user_id_hash)
    subject = ErasureSubject(org_id, erasure_id, user_id, format_timestamp(context.now))
    queued = Erasure(
        org_id,
        erasure_id,
        user_id_hash,
        QUEUED,
        created_at=format_timestamp(context.now),
        created_by=context.actor.id,
    )

    async def decide(organization: Organization) -> Change | None:
        stored = await store.read(Erasure, org_id, erasure_id)
        if stored and stored.record.status != FAILED:
            return None
        # The act and the audit log must not contain the user's id. If the act isn't decided,
        # the job's workers delete this record.
        await put(store, subject)
        suppression = Suppression(org_id, user_id_hash, erasure_id)
        details = {"erasure_id": erasure_id}
        if stored:
            again = replace(stored.record, status=QUEUED, pending=OPEN, failures=0)
            return Change(organization, (suppression, again), details)
        counted = replace(organization, erasures=organization.erasures + 1)
        return Change(counted, (suppression, queued), details)

    await perform(store, context, org_id, "user.erase", user_id_hash, decide)
    stored = await store.read(Erasure, org_id, erasure_id)
    erasure = stored.record if stored else queued
    if erasure.pending and not erasure.verified_at:
        await _restore(store, subject)
    return erasure


async def _restore(store: Store, subject: ErasureSubject) -> None:
    """Store the user's id again if it was deleted before a delayed act was complete."""
    if await store.read(ErasureSubject, *record_key(subject)) is None:
        await put(store, subject)


async def _find_or_create_key(store: Store, org_id: str) -> PrivacyKey:
    if known := await store.read(PrivacyKey, org_id, KEY_ID):
        return known.record
    with suppress(Conflict):
        return (await store.create(PrivacyKey(org_id, token_hex(_KEY_BYTES)))).record
    if known := await store.read(PrivacyKey, org_id, KEY_ID):
        return known.record
    raise Unavailable(f"the key of {org_id} isn't readable yet")


async def list_erasures(store: Store, org_id: str) -> Sequence[Erasure]:
    """Return the organisation's erasures, newest first."""
    first, last = erasure_id_of(""), erasure_id_of("\uffff")
    return in_order(await store.find(Erasure, org_id, first=first, last=last), NEWEST_FIRST)


async def find_erasure(store: Store, org_id: str, erasure_id: str) -> Erasure:
    """Return an erasure. Raises ApiError `not_found`."""
    is_id = erasure_id.startswith(erasure_id_of(""))  # other records are in the same container
    stored = await store.read(Erasure, org_id, erasure_id) if is_id else None
    if stored is None:
        raise ApiError("not_found", "The organisation has no erasure with this id.")
    return stored.record
