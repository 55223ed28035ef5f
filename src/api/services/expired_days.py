"""Delete expired events that have no time to live, or one that is too long.

Events get their time to live when they are stored. If a retention is set or shortened later, stored
events are deleted here, day by day. The rollup of a day is frozen before the first of its events is
deleted. Every step can be repeated, and several processes may work at once.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from api import telemetry
from api.domain.events import FIRST_DAY, Event, query_days
from api.domain.reference import Organization
from api.domain.retention import Retention, day_after, is_frozen, retention_of
from api.domain.rollups import DayCounts, Pending
from api.errors import reason_of
from api.services.folds import fold_day
from api.services.projections import project
from api.services.rebuilds import rebuild_users
from api.stores.protocol import Conflict, RollupStore

_EVENTS_PER_DELETION_MAX = 99  # one more operation replaces the rollup
_SECONDS_PER_PASS = 60.0
_PAUSE_SECONDS = 0.5  # between two deletions, so that they use less than 1,500 request units/s
_SECONDS_BETWEEN_PASSES = 300
_BEGINNING = "0001-01-01"  # earlier versions accepted events from before FIRST_DAY

log = logging.getLogger(__name__)


class Expiry:
    """A job that deletes the expired events of all organisations in turn, in short passes.

    A process completes the work on an organisation once per day, and again if its retention
    changes. `retention_days` applies to organisations without a retention of their own. `now` and
    `seconds` measure the duration of a pass.
    """

    def __init__(
        self,
        retention_days: int,
        *,
        seconds: float = _SECONDS_PER_PASS,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._retention_days = retention_days
        self._seconds = seconds
        self._now = now
        self._sleep = sleep
        self._done: dict[str, tuple[str, int]] = {}
        self._waiting: Sequence[str] = ()  # organisations whose turn the last pass didn't reach

    async def run(self, store: RollupStore) -> int:
        """Delete events until all expired events are deleted or the time is up.

        Return the number of deleted events. If an organisation fails, the others are still
        processed. Raises the first error at the end.
        """
        work = await self._find_work(store)
        first = [org_id for org_id in self._waiting if org_id in work]
        waiting = deque(dict.fromkeys([*first, *work]))
        events, end, failed = 0, self._now() + self._seconds, None
        while waiting and self._now() < end:
            org_id = waiting.popleft()
            try:
                deleted = await _step(store, org_id, work[org_id])
            except Conflict:
                continue  # another process works on the organisation; the next pass continues
            except Exception as error:  # noqa: BLE001 - logged, and raised at the end
                fields = {"org_id": org_id, "reason": reason_of(error)}
                log.warning("expired events can't be deleted yet", extra={"fields": fields})
                failed = failed or error
                continue
            if deleted:
                events += deleted
                waiting.append(org_id)
                await self._sleep(_PAUSE_SECONDS)
            else:
                self._done[org_id] = _state(store, work[org_id])
        self._waiting = list(waiting)
        if failed:
            raise failed
        return events

    async def _find_work(self, store: RollupStore) -> Mapping[str, Retention]:
        """Return the retention of each organisation whose work isn't complete."""
        found: dict[str, Retention] = {}
        for organization in await store.find(Organization, None):
            retention = retention_of(organization, self._retention_days)
            is_done = self._done.get(organization.org_id) == _state(store, retention)
            if not (is_done or retention.is_forever):
                found[organization.org_id] = retention
        return found


def _state(store: RollupStore, retention: Retention) -> tuple[str, int]:
    return store.now().date().isoformat(), retention.days


async def keep_expiring(store: RollupStore, retention_days: int) -> None:
    """Delete expired events in an endless loop. Retry when the store fails."""
    expiry = Expiry(retention_days)
    while True:
        try:
            with telemetry.quiet():
                await expiry.run(store)
        except Exception as error:
            fields = {"reason": reason_of(error)}
            log.warning("deleting expired events failed", exc_info=error, extra={"fields": fields})
        await asyncio.sleep(_SECONDS_BETWEEN_PASSES)


async def _step(store: RollupStore, org_id: str, retention: Retention) -> int:
    """Delete some events of the earliest expired day, and return their number.

    If no expired event is left, record which days have expired, and return 0.
    """
    last = retention.last_gone_day(store.now())
    found: Sequence[Event] = ()
    if last:
        query = query_days(org_id, _BEGINNING, last)
        found = await store.page(query, after=None, limit=_EVENTS_PER_DELETION_MAX)
    if not found:
        await _note_expired_days(store, org_id, retention)
        return 0
    day = found[0].day
    keys = [event.key for event in found if event.day == day]
    await _delete(store, org_id, day, keys)
    return len(keys)


async def _delete(store: RollupStore, org_id: str, day: str, keys: Sequence[str]) -> None:
    pending = await store.pending(org_id, day, limit=1)
    if not is_frozen(pending.rollup, store.now()):
        pending = await _freeze(store, org_id, day)
    await project(store, pending.rollup)  # before events are deleted: it tells which days expired
    await store.fold(pending.rollup, version=pending.version, deltas=[], erased=keys)


async def _freeze(store: RollupStore, org_id: str, day: str) -> Pending:
    """Freeze the day once its rollup is complete."""
    await fold_day(store, org_id, day)
    await rebuild_users(store, org_id, day)
    pending = await store.pending(org_id, day, limit=1)
    today = store.now().date().isoformat()
    frozen = replace(
        pending.rollup, number=pending.rollup.number + 1, frozen_from=today, context=None
    )
    await store.fold(frozen, version=pending.version, deltas=[])
    return await store.pending(org_id, day, limit=1)


async def _note_expired_days(store: RollupStore, org_id: str, retention: Retention) -> None:
    """Record in the organisation which days have expired, so that they stay closed.

    The record matters after the retention was extended: events of an expired day would be stored
    and counted a second time, because the store no longer knows them.
    """
    now = store.now()
    first, last = retention.events_from or _BEGINNING, now.date().isoformat()
    days = await store.find(DayCounts, org_id, first=first, last=last)
    frozen = [day_after(one.day) for one in days if is_frozen(one, now)]
    events_from = max([FIRST_DAY, retention.events_from, *frozen])
    known = await store.read(Organization, org_id)
    if known and known.record.events_from < events_from:
        await store.replace(replace(known.record, events_from=events_from), version=known.version)
