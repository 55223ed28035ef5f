"""Follow the change feed and write new events into the event lake.

The feed delivers every event at least once, and the lake stores each event once. If writing an
organisation's events fails several times in a row, their days are recorded, so that the other
organisations don't wait. A sweep later replaces these days with the events of the store.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from api import telemetry
from api.domain.events import Event, query_days
from api.domain.rollups import Checkpoint, DeadLetter
from api.domain.times import parse_timestamp
from api.errors import ApiError, reason_of
from api.lake.protocol import LakeWriter
from api.services.at_once import map_at_once
from api.services.backoff import PROMPT_RETRIES, BackOff
from api.services.dead_letters import mentions, move_all_to_dead_letters
from api.services.frozen_days import is_day_frozen
from api.services.noted_days import NotedDays
from api.services.stored_events import read_pages
from api.services.suppressions import SuppressionCache
from api.stores.protocol import Conflict, RollupStore, Store, Stored, create_or_replace

ARCHIVER = "archive_events"
UNARCHIVED = NotedDays("unarchived_days")
CHANGES_PER_READ_MAX = 5000
_COMMIT_SECONDS = 1.0  # between two writes to a table, so that a file contains more events
_FAILED_SECONDS = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Failure:
    """The last error of an organisation, and the number of its consecutive failures."""

    org_id: str
    error: Exception
    times: int


class Archiver:
    """Writes batches of events, and counts the consecutive failures of each organisation."""

    def __init__(self, store: RollupStore, lake: LakeWriter) -> None:
        self._store = store
        self._lake = lake
        self._failures = BackOff[str]()
        self._suppressions = SuppressionCache()

    async def archive(self, events: Iterable[Event], unreadable: Iterable[DeadLetter] = ()) -> None:
        """Write these events. Safe to repeat.

        If the events of an organisation can't be written, those of the other organisations are
        still written. The error is raised at the end, so that the host delivers the same events
        again. After several consecutive failures, the days of the events are recorded instead.
        """
        refused = await move_all_to_dead_letters(
            self._store, unreadable, is_kept=self._is_of_nobody_erased
        )
        by_org: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_org[event.org_id].append(event)
        results = await map_at_once(lambda one: self._append(*one), by_org.items())
        failures = [failure for failure in results if failure]
        given_up = [one.org_id for one in failures if one.times > PROMPT_RETRIES]
        days = {(org_id, event.day) for org_id in given_up for event in by_org[org_id]}
        await UNARCHIVED.add(self._store, days)
        to_repeat = [one.error for one in failures if one.times <= PROMPT_RETRIES]
        if error := next(iter(to_repeat), refused):
            raise error

    async def _append(self, org_id: str, events: Sequence[Event]) -> _Failure | None:
        try:
            added = await self._lake.append(
                org_id, events, keep=partial(self._without_erased, org_id)
            )
        except Exception as error:
            fields = {"org_id": org_id, "reason": reason_of(error)}
            unexpected = None if isinstance(error, ApiError) else error
            log.warning("events can't be archived", exc_info=unexpected, extra={"fields": fields})
            return _Failure(org_id, error, self._failures.note_failure(org_id))
        self._failures.note_success(org_id)
        if added:  # otherwise, the feed has delivered old events again
            _report_lag(org_id, events)
        return None

    async def _without_erased(self, org_id: str, events: Collection[Event]) -> Collection[Event]:
        """Return the events whose users aren't erased, so that no erased event is written again."""
        erased = await self._suppressions.read(self._store, org_id)
        return [event for event in events if event.user_id not in erased]

    async def _is_of_nobody_erased(self, letter: DeadLetter) -> bool:
        """Return whether the dead letter may be kept, because it mentions no erased user."""
        return not mentions(letter, await self._suppressions.read(self._store, letter.org_id))

    async def archive_next(
        self, checkpoint: Stored[Checkpoint] | None
    ) -> tuple[Stored[Checkpoint], int]:
        """Read the feed once and write its events, then store the checkpoint.

        Return the checkpoint and the number of documents that were read. If the process is killed
        before the checkpoint is stored, the next read returns the same events again, which has no
        effect.
        """
        position = checkpoint.record.position if checkpoint else None
        found = await self._store.new_events(position, limit=CHANGES_PER_READ_MAX)
        await self.archive(found.events, found.unreadable)
        moved = Checkpoint(ARCHIVER, found.checkpoint)
        if checkpoint and not found.events:  # storing it costs as much as storing an event
            return Stored(moved, checkpoint.version), found.count
        return await create_or_replace(self._store, moved, checkpoint), found.count


def _report_lag(org_id: str, events: Iterable[Event]) -> None:
    """Record the lag of the oldest event."""
    received_at = min((event.received_at for event in events if event.received_at), default=None)
    if received_at:
        lag = telemetry.record_archive_lag(parse_timestamp(received_at))
        fields = {"org_id": org_id, "lag_seconds": round(lag, 3)}
        log.info("events archived", extra={"fields": fields})  # alarms use this line


async def archive_noted_days(store: RollupStore, lake: LakeWriter) -> None:
    """Replace the recorded days. Raises the first error at the end."""
    await read_position(store, lake)
    if error := await UNARCHIVED.process(store, partial(archive_day, store, lake)):
        raise error


class _Frozen(Exception):
    """The day is frozen, so its events in the lake must not be deleted."""


async def archive_day(store: RollupStore, lake: LakeWriter, org_id: str, day: str) -> int:
    """Replace a day of the lake with the events of the store, and return their number.

    If the day is frozen, add the events that are left in the store, and keep the others.
    """

    async def read() -> Sequence[Event]:
        events = await _read_day(store, org_id, day)
        if await is_day_frozen(store, org_id, day):
            raise _Frozen
        return events

    try:
        return await lake.replace_day(org_id, day, read)
    except _Frozen:
        left = await _read_day(store, org_id, day)
        await Archiver(store, lake).archive(left)
        return len(left)


async def _read_day(store: Store, org_id: str, day: str) -> Sequence[Event]:
    pages = read_pages(store, query_days(org_id, day, day))
    return [event async for page in pages for event in page]


async def catch_up(store: RollupStore, lake: LakeWriter) -> None:
    """Write all events that were stored before this call."""
    archiver, position = Archiver(store, lake), await read_position(store, lake)
    await archive_noted_days(store, lake)
    checkpoint, count = await archiver.archive_next(position)
    while count:
        checkpoint, count = await archiver.archive_next(checkpoint)


async def run_archiver(store: RollupStore, lake: LakeWriter) -> None:
    """Follow the feed in an endless loop. Retry after errors."""
    archiver, checkpoint, is_behind = Archiver(store, lake), None, True
    while True:
        try:
            with telemetry.quiet():
                if is_behind:
                    checkpoint, is_behind = await read_position(store, lake), False
                checkpoint, count = await archiver.archive_next(checkpoint)
            pause = 0.0 if count >= CHANGES_PER_READ_MAX else _COMMIT_SECONDS
        except Exception as error:
            # Conflict means that another reader stored a checkpoint.
            unexpected = None if isinstance(error, (ApiError, Conflict)) else error
            fields = {"reason": reason_of(error)}
            log.warning("archiving events failed", exc_info=unexpected, extra={"fields": fields})
            pause, is_behind = _FAILED_SECONDS, True
        await asyncio.sleep(pause)


async def read_position(store: Store, lake: LakeWriter) -> Stored[Checkpoint] | None:
    """Return the archiver's position in the feed, or None for the beginning.

    If the lake's folder was deleted, the position is deleted too. Therefore, call this function
    before any write that creates the folder again.
    """
    stored = await store.read(Checkpoint, ARCHIVER)
    if stored and await lake.is_new():
        await store.delete(Checkpoint, ARCHIVER, version=stored.version)
        return None
    return stored
