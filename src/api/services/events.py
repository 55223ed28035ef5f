"""Exactly-once ingest of events.

An ingest request opens an idempotency record, writes its events and completes the record. Every
step is a conditional write, so a request can be stopped and retried at any point.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from api import telemetry
from api.domain.events import (
    DayBatch,
    Draft,
    Event,
    EventResult,
    EventSource,
    Receipt,
    day_batches,
    derive_event_id,
    plan,
)
from api.domain.idempotency import IdempotencyRecord
from api.domain.ingest_context import IngestContext
from api.domain.retention import Retention
from api.domain.times import Clock
from api.errors import ApiError
from api.services.quotas import UNLIMITED, Quotas, Reservation
from api.stores.protocol import Conflict, Store, Stored, Unavailable

DEADLINE_SECONDS = 20  # shorter than the lease of 30 s, so two requests never process one record
_RELEASE_SECONDS = 2
_LOOK_AGAIN_SECONDS = (0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)

type Entries = Sequence[Draft | EventResult]


@dataclass(frozen=True, slots=True)
class Submission:
    """The parsed events of one request: drafts of valid events, and results of rejected events.

    `fingerprint` is a digest of the payload that doesn't depend on its formatting. `clock_skew` is
    the correction of the sender's clock, which differs between attempts.
    """

    fingerprint: str
    entries: Entries
    clock_skew: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Ingested:
    """The results of all events, in order.

    `replayed` is true if an earlier request stored the events. `quota_warning` is empty unless much
    of the organisation's quota is used.
    """

    results: Sequence[EventResult]
    replayed: bool = False
    quota_warning: str = ""


async def ingest(  # noqa: PLR0913 - a request's parts, and what the process knows
    store: Store,
    *,
    org_id: str,
    source: EventSource,
    submission: Submission,
    key: str | None,
    now: Clock,
    quotas: Quotas,
) -> Ingested:
    """Store the events exactly once, even if the request is sent several times.

    `source` is `public` or `trusted`, depending on the credential. Events and idempotency keys of
    public and trusted credentials are separate. Without an idempotency key, every event must have
    an id and a timestamp. After an error with `retry_after`, a retry of the same request completes
    the work. If the quota is used up, raises ApiError `quota_exceeded` before anything is stored,
    unless the idempotency key was already accepted or all events are already stored. Events of
    erased users and expired events are rejected.
    """
    try:
        async with quotas.running(org_id), asyncio.timeout(DEADLINE_SECONDS):
            refusals = await quotas.refusals(store, org_id, now=now())
            entries = refusals.suppressed.reject(submission.entries)
            request = _Request(store, org_id, entries, refusals.retention)
            if key is None:
                return await _ingest_without_key(request, Receipt("", now(), None, source), quotas)
            from api.services.idempotency import prepare_record  # noqa: PLC0415 - only with a key

            fresh = await prepare_record(
                store, org_id, key, submission.fingerprint, now(), source=source
            )
            reservation = await _reserve(request, quotas, _receipt(fresh), now())
            return await _ingest_once(request, fresh, now, reservation)
    except TimeoutError as error:
        raise ApiError(
            "deadline_exceeded",
            f"The request was not completed within {DEADLINE_SECONDS} seconds. Retry it.",
            retry_after=1,
        ) from error


@dataclass(frozen=True, slots=True)
class _Request:
    """The parts of a request that every step needs."""

    store: Store
    org_id: str
    entries: Entries
    retention: Retention

    def plan(self, receipt: Receipt) -> list[Event | EventResult]:
        """Return the events to write, or the results of entries that aren't written.

        An event that was accepted in the first attempt is also accepted in a retry, although it may
        have expired since.
        """
        first_day = self.retention.first_day(receipt.received_at)
        return plan(self.entries, org_id=self.org_id, receipt=receipt, first_day=first_day)


async def _ingest_without_key(request: _Request, receipt: Receipt, quotas: Quotas) -> Ingested:
    for index, entry in enumerate(request.entries):
        if isinstance(entry, Draft) and not (entry.event_id and entry.timestamp):
            raise ApiError(
                "idempotency_missing",
                "Send an Idempotency-Key header, or event_id and timestamp with every event. "
                f"/events/{index} lacks one of them.",
            )
    planned = request.plan(receipt)
    reservation = await _reserve(request, quotas, receipt, receipt.received_at)
    results = await _write(request, planned, None, receipt.received_at)
    return _charged(reservation, results, receipt)


async def _reserve(
    request: _Request, quotas: Quotas, receipt: Receipt, now: datetime
) -> Reservation:
    """Reserve quota for a request's events, except for a retry that may exceed the quota."""
    store, org_id = request.store, request.org_id
    drafts = sum(isinstance(entry, Draft) for entry in request.entries)
    try:
        return await quotas.reserve(store, org_id, drafts, now=now)
    except ApiError as error:
        if error.code != "quota_exceeded":
            raise
        key_hash = receipt.name
        is_accepted = key_hash and await store.read(IdempotencyRecord, org_id, key_hash)
        if not is_accepted and not await _are_stored(request, receipt):
            raise
    return UNLIMITED


async def _are_stored(request: _Request, receipt: Receipt) -> bool:
    """Return whether all valid events are already stored, so the request can't add an event."""
    days: dict[str, list[str]] = {}
    for event in request.plan(receipt):
        if isinstance(event, Event):
            days.setdefault(event.day, []).append(event.key)
    for day, keys in days.items():
        if len(await request.store.ingest_ids(request.org_id, day, keys)) < len(keys):
            return False
    return True


def _charged(
    reservation: Reservation, results: Sequence[EventResult], receipt: Receipt
) -> Ingested:
    """Return the results, and settle the reservation.

    The events of a retry count in the month of the first attempt. If that month is over, the retry
    doesn't need its reservation.
    """
    created = sum(result.status == "created" for result in results)
    reservation.settle(created if reservation.month == f"{receipt.received_at:%Y-%m}" else 0)
    return Ingested(results, quota_warning=reservation.warning)


async def _ingest_once(
    request: _Request, fresh: IdempotencyRecord, now: Clock, reservation: Reservation
) -> Ingested:
    from api.services.idempotency import complete_record, open_record  # noqa: PLC0415 - as above

    store, entries = request.store, request.entries
    try:
        held = await open_record(store, fresh, now=now(), recover=partial(_recover, request))
    except BaseException:  # includes cancellation
        reservation.settle(0)  # this attempt hasn't written any event
        raise
    if held.record.done:
        reservation.settle(0)
        replayed = _recall(held.record, entries)
        return Ingested(replayed, replayed=True, quota_warning=reservation.warning)
    try:
        planned = request.plan(_receipt(held.record))
        results = await _write(request, planned, held.record.ingest_id, now())
        if _day_to_recover_from(planned, entries):
            return _charged(reservation, results, _receipt(held.record))
        done = await complete_record(store, held, results)
    except BaseException:  # includes cancellation
        await _release(store, held)
        raise
    return _charged(reservation, _recall(done, entries), _receipt(done))


async def _write(
    request: _Request,
    planned: Sequence[Event | EventResult],
    ingest_id: str | None,
    now: datetime,
) -> list[EventResult]:
    """Write the new events in one transaction per batch. Return the result of every entry."""
    context = IngestContext(now, telemetry.current_traceparent())
    sized = [
        (event, entry.size)
        for event, entry in zip(planned, request.entries, strict=True)
        if isinstance(event, Event) and isinstance(entry, Draft)
    ]
    known: set[str] = set()
    for batch in day_batches(sized, org_id=request.org_id, ingest_id=ingest_id):
        frozen_from = request.retention.frozen_from(batch.day)
        expiring = replace(batch, context=context, frozen_from=frozen_from)
        known |= await _append_new(request.store, expiring)
    return _results(planned, known)


async def _append_new(store: Store, batch: DayBatch) -> set[str]:
    """Append the events that aren't stored yet.

    Return the keys of events that other requests wrote.

    After a conflict, the events that another request has stored are left out of the next attempt.
    Such attempts need no limit, because each has fewer events. Attempts are limited only if none of
    the events is found in the store. This happens after a stale read, or between two concurrent
    transactions.
    """
    foreign: set[str] = set()
    waits = iter(_LOOK_AGAIN_SECONDS)
    while batch.events:
        try:
            await store.append(batch)
        except Conflict:
            found = await store.ingest_ids(batch.org_id, batch.day, [e.key for e in batch.events])
        else:
            return foreign
        foreign |= {
            key for key, writer in found.items() if writer is None or writer != batch.ingest_id
        }
        batch = replace(batch, events=[e for e in batch.events if e.key not in found])
        if not found:
            seconds = next(waits, None)
            if seconds is None:
                raise Unavailable("an event that caused a conflict could not be read")
            await asyncio.sleep(seconds)
    return foreign


async def _recover(request: _Request, record: IdempotencyRecord) -> IdempotencyRecord | None:
    """Return the completed record if all its events are stored, else None.

    Also return None if the results can't be derived from the stored events.
    """
    planned = request.plan(_receipt(record))
    day = _day_to_recover_from(planned, request.entries)
    if day is None:
        return None
    keys = [event.key for event in planned if isinstance(event, Event)]
    found = await request.store.ingest_ids(record.org_id, day, keys)
    if len(found) < len(keys):
        return None
    foreign = {key for key, writer in found.items() if writer != record.ingest_id}
    return record.completed(_results(planned, foreign))


def _day_to_recover_from(planned: Sequence[Event | EventResult], entries: Entries) -> str | None:
    """Return the day of the events if all are valid and on one day, and have an id and a time.

    For such events, the results can be derived from the stored events, so the idempotency record
    needs no completion. For other events, return None.
    """
    if not all(isinstance(e, Draft) and e.event_id and e.timestamp for e in entries):
        return None
    if any(isinstance(e, EventResult) and e.status != "duplicate" for e in planned):
        return None
    days = {event.day for event in planned if isinstance(event, Event)}
    return days.pop() if len(days) == 1 else None


def _results(planned: Sequence[Event | EventResult], known: Collection[str]) -> list[EventResult]:
    return [
        event
        if isinstance(event, EventResult)
        else EventResult(index, event.event_id, "duplicate" if event.key in known else "created")
        for index, event in enumerate(planned)
    ]


def _recall(record: IdempotencyRecord, entries: Entries) -> list[EventResult]:
    """Return all results of a completed record, which doesn't store results that are `created`."""
    stored = {result.index: result for result in record.results}
    return [
        stored.get(index) or EventResult(index, _event_id(entry, index, record), "created")
        for index, entry in enumerate(entries)
    ]


def _event_id(entry: Draft | EventResult, index: int, record: IdempotencyRecord) -> str:
    return entry.event_id or derive_event_id(record.org_id, _receipt(record), index)


def _receipt(record: IdempotencyRecord) -> Receipt:
    return Receipt(record.key_hash, record.received_at, record.ingest_id, record.event_source)


async def _release(store: Store, held: Stored[IdempotencyRecord]) -> None:
    from api.services.idempotency import release_record  # noqa: PLC0415 - as above

    try:
        async with asyncio.timeout(_RELEASE_SECONDS):
            await release_record(store, held)
    except TimeoutError:
        return  # the lease expires
