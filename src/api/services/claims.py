"""The life of an idempotency claim: opened, perhaps taken over, completed once.

Reads may be stale here; every decision is a conditional write that fails if the read was.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from api.domain.events import PUBLIC, TRUSTED, EventResult, EventSource
from api.domain.idempotency import Claim, hash_key, new_claim
from api.errors import ApiError
from api.stores.protocol import Conflict, Store, Stored, Unavailable

type RecoverClaim = Callable[[Claim], Awaitable[Claim | None]]

_ATTEMPTS_MAX = 5
_RETRY_AFTER_MAX_SECONDS = 2.0  # most requests end long before their lease does


async def claim_of(
    store: Store, org_id: str, key: str, fingerprint: str, now: datetime, *, source: EventSource
) -> Claim:
    """Return the claim to open: a new one, or that of a retry from before keys had namespaces.

    Such a record lies in what is the namespace of trusted credentials now. A public one may finish
    it only with the same payload, so it learns and changes nothing of a backend's request.
    """
    if source == PUBLIC:
        known = await store.read(Claim, org_id, hash_key(key, TRUSTED))
        if known and known.record.source is None and known.record.fingerprint == fingerprint:
            return known.record
    return new_claim(org_id, key, fingerprint, now, source=source)


async def open_claim(
    store: Store, fresh: Claim, *, now: datetime, recover: RecoverClaim | None = None
) -> Stored[Claim]:
    """The key's claim: ours to work on, or done already.

    `fresh` is what is stored if the key is new. `recover` completes a claim whose work turns out to
    be done. Raises ApiError `idempotency_key_reused` for another payload, `request_in_progress`
    while someone else's lease lasts.
    """
    process = store.sole_process
    for _ in range(_ATTEMPTS_MAX):
        try:
            return await store.create(fresh.leased(now, process))
        except Conflict:
            known = await store.read(Claim, fresh.org_id, fresh.key_hash)
        if known is None:  # expired just now, or the read is behind the write
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
    raise Unavailable("a claim kept changing hands")


async def complete_claim(
    store: Store, held: Stored[Claim], results: Sequence[EventResult]
) -> Claim:
    """Store the results; whoever loses the race gets the results that are stored."""
    done, version = held.record.completed(results), held.version
    for _ in range(_ATTEMPTS_MAX):
        try:
            return (await store.replace(done, version=version)).record
        except Conflict:
            known = await store.read(Claim, done.org_id, done.key_hash)
        if known is None:
            break
        if known.record.done:
            return known.record
        done, version = replace(done, lease_until=known.record.lease_until), known.version
    raise Unavailable("a claim could not be completed")


async def release_claim(store: Store, held: Stored[Claim]) -> None:
    """End the lease early, so that a retry need not wait for it. Keeps the claim."""
    try:
        await store.replace(held.record.released(), version=held.version)
    except (Conflict, ApiError):
        return  # taken over, or the store is still down: the lease ends by itself


def _require_same_payload(known: Claim, fresh: Claim) -> None:
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
