"""Complete administrative acts that were decided before a crash, and withdraw the others.

An act is decided by a write to its organisation's record (see `api.services.acts`).
"""

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from api import telemetry
from api.domain.reference import (
    INTENDED,
    INVITATION_LIFETIME_MAX,
    PURGE,
    AuditEntry,
    Effect,
    Membership,
    Organization,
)
from api.domain.times import Clock, is_within, parse_timestamp
from api.errors import ApiError, reason_of
from api.services.acts import ATTEMPTS_MAX, complete_act, follows
from api.stores.protocol import Conflict, Contended, Store
from api.stores.records import record_key

GRACE = timedelta(minutes=1)  # an act takes seconds, and starts again if it is withdrawn meanwhile
PURGE_AFTER = timedelta(hours=1)  # longer than any write of a removed record can be delayed
# While an invitation from before the removal is valid, the record prevents its acceptance.
PURGE_MEMBERSHIP_AFTER = INVITATION_LIFETIME_MAX + PURGE_AFTER
PURGE_EVERY = timedelta(hours=1)
_PAUSE_SECONDS = 60

log = logging.getLogger(__name__)


@dataclass(slots=True)
class PurgeTimes:
    """A schedule for this process to search for removed records: once per hour.

    A removed membership remains for a month, so a more frequent search would rarely find a record
    to delete.
    """

    last: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Return whether the next search is due, and record its time if so."""
        if self.last is not None and is_within(PURGE_EVERY, self.last, now):
            return False
        self.last = now
        return True


async def finish_intents(
    store: Store, now: datetime, *, grace: timedelta = GRACE, purges: bool = True
) -> None:
    """Complete or withdraw acts that a crash interrupted and, if `purges`, delete removed records.

    An act isn't withdrawn if it started within the grace period, or after `now` because clocks
    differ.
    """
    for entry in await store.find_indexed(AuditEntry, INTENDED):
        may_withdraw = _has_passed(grace, entry, now)
        await _try(settle(store, entry, may_withdraw=may_withdraw), entry)
    for entry in await store.find_indexed(AuditEntry, PURGE) if purges else ():
        if any(_is_due(record, entry, now) for record in entry.effects):
            await _try(_purge(store, entry, now), entry)


def _has_passed(span: timedelta, entry: AuditEntry, now: datetime) -> bool:
    """Return whether the act started this long ago, on the clock of the process that acted."""
    return now - parse_timestamp(entry.started_at or entry.at) >= span


def _is_due(record: Effect, entry: AuditEntry, now: datetime) -> bool:
    """Return whether the record, which the act removed, can be deleted."""
    span = PURGE_MEMBERSHIP_AFTER if isinstance(record, Membership) else PURGE_AFTER
    return _has_passed(span, entry, now)


async def _try(work: Awaitable[object], entry: AuditEntry) -> None:
    try:
        await work
    except Exception as error:
        unexpected = None if isinstance(error, (ApiError, Conflict)) else error
        fields = {"org_id": entry.org_id, "entry_id": entry.entry_id, "reason": reason_of(error)}
        log.warning(
            "an administrative act can't be completed yet",
            exc_info=unexpected,
            extra={"fields": fields},
        )


async def settle(store: Store, entry: AuditEntry, *, may_withdraw: bool) -> bool:
    """Complete the act if it was decided, otherwise withdraw it if `may_withdraw` is true.

    Return whether the act was decided.

    Before an act is withdrawn, a delayed decision must be made to fail, so the organisation's
    record is written again. If a later act was decided, the delayed decision fails anyway.
    """
    org_id, entry_id = entry.org_id, entry.entry_id
    for _ in range(ATTEMPTS_MAX):
        intent = await store.read(AuditEntry, org_id, entry_id)
        if intent is None or intent.record.pending != INTENDED:
            return intent is not None
        known = await store.read(Organization, org_id)
        if known and known.record.act_id == entry_id:
            await complete_act(store, intent)
            return True
        if not may_withdraw:
            return False
        try:
            if known and _can_be_decided(intent.record, known.record):
                await store.replace(known.record, version=known.version)
            elif known is None and await _create_founded(store, intent.record):
                continue
            await store.delete(AuditEntry, org_id, entry_id, version=intent.version)
        except Conflict:
            continue
        return False
    raise Contended(f"the organisation {org_id} kept changing")


def _can_be_decided(entry: AuditEntry, known: Organization) -> bool:
    """Return whether a delayed write can still decide the act.

    Acts of earlier versions, which have no `started_at`, were not decided in the order of their
    times.
    """
    return not entry.started_at or follows(entry, known.act_id)


async def _create_founded(store: Store, entry: AuditEntry) -> bool:
    """Create the organisation that this act founds. Return False if the act founds no organisation.

    The act is not withdrawn, because its own attempt to create the organisation may still be
    running.
    """
    founded = [record for record in entry.effects if isinstance(record, Organization)]
    for organization in founded:
        await store.create(organization)
    return bool(founded)


async def _purge(store: Store, entry: AuditEntry, now: datetime) -> None:
    """Delete the records that the act marked as removed, if they are due and unchanged since."""
    due = [record for record in entry.effects if _is_due(record, entry, now)]
    for record in due:
        kind, key = type(record), record_key(record)
        known = await store.read(kind, *key)
        if known and known.record == record:
            with suppress(Conflict):
                await store.delete(kind, *key, version=known.version)
    stored = await store.read(AuditEntry, entry.org_id, entry.entry_id)
    if stored and stored.record.pending == PURGE:
        left = tuple(record for record in entry.effects if not _is_due(record, entry, now))
        done = dataclasses.replace(stored.record, pending=PURGE if left else "", effects=left)
        with suppress(Conflict):
            await store.replace(done, version=stored.version)


async def keep_finishing(store: Store, now: Clock) -> None:
    """Finish interrupted acts in an endless loop. Retry when the store fails."""
    times = PurgeTimes()
    while True:
        try:
            with telemetry.quiet():
                moment = now()
                await finish_intents(store, moment, purges=times.is_due(moment))
        except Exception as error:
            fields = {"reason": reason_of(error)}
            log.warning("interrupted acts wait", exc_info=error, extra={"fields": fields})
        await asyncio.sleep(_PAUSE_SECONDS)
