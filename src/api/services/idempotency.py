"""The life cycle of an idempotency record.

A request opens the idempotency record. If the lease expires, another request may take the record
over. The record is completed only once. Reads can be stale, so every change is a conditional write,
which fails after a stale read.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from api.domain.events import PUBLIC, TRUSTED, EventResult, EventSource
from api.domain.idempotency import IdempotencyRecord, hash_key, new_record
from api.errors import ApiError
from api.stores.protocol import Conflict, Store, Stored, Unavailable

type RecoverRecord = Callable[[IdempotencyRecord], Awaitable[IdempotencyRecord | None]]

_ATTEMPTS_MAX = 5
_RETRY_AFTER_MAX_SECONDS = 2.0  # most requests end long before their lease expires


async def prepare_record(
    store: Store, org_id: str, key: str, fingerprint: str, now: datetime, *, source: EventSource
) -> IdempotencyRecord:
    """Return the record to open: a new record, or one that an earlier version stored.

    Earlier versions had no namespaces for idempotency keys, so their records are in the namespace
    of trusted credentials. A public credential can complete a record of an earlier version only
    with the same payload, so it can't read or change a backend's request.
    """
    if source == PUBLIC:
        known = await store.read(IdempotencyRecord, org_id, hash_key(key, TRUSTED))
        if known and known.record.source is None and known.record.fingerprint == fingerprint:
            return known.record
    return new_record(org_id, key, fingerprint, now, source=source)


async def open_record(
    store: Store, fresh: IdempotencyRecord, *, now: datetime, recover: RecoverRecord | None = None
) -> Stored[IdempotencyRecord]:
    """Return the idempotency key's record, either leased to this request or completed.

    `fresh` is stored if the idempotency key is new. `recover` completes a record if all its events
    are stored. Raises ApiError `idempotency_key_reused` if the idempotency key was used with
    another payload, and `request_in_progress` while another request holds the lease.
    """
    process = store.sole_process
    for _ in range(_ATTEMPTS_MAX):
        try:
            return await store.create(fresh.leased(now, process))
        except Conflict:
            known = await store.read(IdempotencyRecord, fresh.org_id, fresh.key_hash)
        if known is None:  # the record has just expired, or the read was stale
            continue
        _require_same_payload(known.record, fresh)
        if known.record.done:
            return known
        if recover and (done := await recover(known.record)):
            return Stored(done, known.version)
        _require_lease_ended(known.record.lease_left(now, process))
        try:
            return await store.replace(known.record.leased(now, process), version=known.version)
        except Conflict:
            continue
    raise Unavailable("every attempt to open an idempotency record conflicted with another write")


async def complete_record(
    store: Store, held: Stored[IdempotencyRecord], results: Sequence[EventResult]
) -> IdempotencyRecord:
    """Store the results, or return the results that a concurrent request stored first."""
    done, version = held.record.completed(results), held.version
    for _ in range(_ATTEMPTS_MAX):
        try:
            return (await store.replace(done, version=version)).record
        except Conflict:
            known = await store.read(IdempotencyRecord, done.org_id, done.key_hash)
        if known is None:
            break
        if known.record.done:
            return known.record
        done, version = replace(done, lease_until=known.record.lease_until), known.version
    raise Unavailable("an idempotency record could not be completed")


async def release_record(store: Store, held: Stored[IdempotencyRecord]) -> None:
    """End the lease early, so that a retry doesn't have to wait until it expires.

    Keep the record.
    """
    try:
        await store.replace(held.record.released(), version=held.version)
    except (Conflict, ApiError):
        return  # another request took it over, or the lease will expire


def _require_same_payload(known: IdempotencyRecord, fresh: IdempotencyRecord) -> None:
    if known.fingerprint != fresh.fingerprint:
        raise ApiError(
            "idempotency_key_reused",
            "This Idempotency-Key was used with another payload. Send the original payload again, "
            "or use a new key.",
        )


def _require_lease_ended(left: timedelta) -> None:
    if left > timedelta():
        raise ApiError(
            "request_in_progress",
            "The first request with this Idempotency-Key is still in progress. Retry it unchanged "
            "after Retry-After seconds.",
            retry_after=min(left.total_seconds(), _RETRY_AFTER_MAX_SECONDS),
        )
