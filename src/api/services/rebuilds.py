"""Rebuild the sketches of days that lack users or whose users were hashed with another secret.

A rebuild reads the day's events while folds continue. At the start of a rebuild, the rollup is
updated to say that users are missing. During the rebuild, every fold adds users that are hashed
with the current key. At the end of the rebuild, the users of the events that were read are merged
with the users in the rollup. The merged sketch contains all users of the day.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from api import telemetry
from api.domain.events import query_days
from api.domain.retention import is_frozen
from api.domain.rollups import DayCounts, Rollup, user_hashes
from api.domain.times import MAX_DAY, MIN_DAY
from api.domain.user_hashes import UserKey
from api.errors import reason_of
from api.services.backoff import BackOff
from api.services.fair_order import in_turn
from api.services.outdated_days import is_outdated, mark_current, read_marker
from api.services.projections import project
from api.services.sketches import SketchBuilder, is_damaged
from api.services.stored_events import read_pages
from api.stores.protocol import Conflict, RollupStore, Unavailable

DAYS_PER_PASS_MAX = 10
_ATTEMPTS_MAX = 10
_PAUSE_SECONDS = 5  # the least time between checks of the marker, which read one small document

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Pass:
    """The number of days that a pass has rebuilt.

    `has_more` is true if the pass ended before the last due day.
    """

    rebuilt: int = 0
    has_more: bool = False


async def rebuild_users(store: RollupStore, org_id: str, day: str) -> bool:
    """Rebuild the day's sketch and projection with all users, hashed with the current key.

    Return whether a rebuild was necessary. A frozen day keeps its sketch. Raises Unavailable if
    every attempt was interrupted by new deltas with hashes of another key.
    """
    key = store.user_keys.of(org_id)
    for _ in range(_ATTEMPTS_MAX):
        started = await _start(store, org_id, day, key.version)
        if started is None:
            return False
        users = await _read_users(store, org_id, day, key)
        if await _finish(store, started, users):
            return True
    raise Unavailable(f"every rebuild of {org_id} {day} met deltas with hashes of another key")


async def _start(store: RollupStore, org_id: str, day: str, version: str) -> Rollup | None:
    """Record in the rollup that users are missing, and return the rollup.

    Return None if no users are missing, or if the day is frozen.
    """
    for _ in range(_ATTEMPTS_MAX):
        pending = await store.pending(org_id, day, limit=1)
        rollup = pending.rollup
        if pending.version is None:
            return None
        is_ours = rollup.users_key == version and not is_damaged(rollup.sketch)
        if is_frozen(rollup, store.now()) or (is_ours and rollup.has_all_users):
            await project(store, rollup)
            return None
        if is_ours:
            return rollup
        number = rollup.number + 1
        marked = replace(
            rollup,
            number=number,
            sketch=b"",
            users_key=version,
            users_number=number,
            users_missing=number,
            context=None,
        )
        try:
            await store.fold(marked, version=pending.version, deltas=[])
        except Conflict:
            continue
        return marked
    raise Unavailable(f"the rebuild of {org_id} {day} kept conflicting with other writes")


async def _read_users(store: RollupStore, org_id: str, day: str, key: UserKey) -> SketchBuilder:
    users = SketchBuilder()
    async for events in read_pages(store, query_days(org_id, day, day)):
        ids = {event.user_id for event in events}
        users.add(user_hashes(b"".join(map(key.hash, ids))))
    return users


async def _finish(store: RollupStore, started: Rollup, users: SketchBuilder) -> bool:
    """Store a rollup with all users.

    Return False if the rollup has lost users since the start of the rebuild.
    """
    for _ in range(_ATTEMPTS_MAX):
        pending = await store.pending(started.org_id, started.day, limit=1)
        rollup = pending.rollup
        state = (rollup.users_key, rollup.users_missing)
        if state != (started.users_key, started.users_missing) or is_damaged(rollup.sketch):
            return False
        number = rollup.number + 1
        whole = replace(
            rollup,
            number=number,
            sketch=users.united_with(rollup.sketch),
            users_number=number,
            users_missing=0,
            context=None,
        )
        try:
            await store.fold(whole, version=pending.version, deltas=[])
        except Conflict:
            continue
        await project(store, whole)
        return True
    raise Unavailable(
        f"the rebuild of {started.org_id} {started.day} kept conflicting with other writes"
    )


async def rebuild_outdated(
    store: RollupStore,
    back_off: BackOff[tuple[str, str]] | None = None,
    *,
    days_max: int = DAYS_PER_PASS_MAX,
) -> int:
    """Rebuild up to `days_max` outdated days, starting with the latest day of each organisation.

    Return the number of rebuilt days.
    """
    back_off = BackOff() if back_off is None else back_off
    return (await _rebuild_some(store, back_off, days_max)).rebuilt


async def _rebuild_some(
    store: RollupStore, back_off: BackOff[tuple[str, str]], days_max: int
) -> _Pass:
    """Rebuild outdated days that are due.

    Days that keep failing are skipped during their back-off, so that other days are rebuilt. A
    marker in the store records that no day is outdated, so that a pass without outdated days costs
    only one read.
    """
    version = store.user_keys.version
    marker = await read_marker(store)
    if marker and marker.record.position == version:
        return _Pass()
    days = await store.find(DayCounts, None, first=MIN_DAY, last=MAX_DAY)
    now = store.now()
    outdated = [day for day in days if is_outdated(day, version) and not is_frozen(day, now)]
    if not outdated:
        await mark_current(store, marker, version)
        return _Pass()
    rebuilt = failed = 0
    for day in in_turn(sorted(outdated, key=lambda day: day.day, reverse=True)):
        key = day.org_id, day.day
        if not back_off.is_due(key):
            continue
        if days_max in (rebuilt, failed):
            return _Pass(rebuilt, has_more=True)
        try:
            await rebuild_users(store, day.org_id, day.day)
            back_off.note_success(key)
            rebuilt += 1
        except Exception as error:  # noqa: BLE001 - logged, and the day is retried
            back_off.note_failure(key)
            failed += 1
            fields = {"org_id": day.org_id, "day": day.day, "reason": reason_of(error)}
            log.warning("the users of a day can't be rebuilt yet", extra={"fields": fields})
    return _Pass(rebuilt)


async def keep_rebuilding(
    store: RollupStore,
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Rebuild outdated days in an endless loop. Retry when the store fails."""
    back_off = BackOff[tuple[str, str]](now=now)
    while True:
        done = _Pass(has_more=True)
        try:
            with telemetry.quiet():
                done = await _rebuild_some(store, back_off, DAYS_PER_PASS_MAX)
        except Exception as error:
            fields = {"reason": reason_of(error)}
            log.warning("rebuilding users failed", exc_info=error, extra={"fields": fields})
        await sleep(_pause(done, back_off))


def _pause(done: _Pass, back_off: BackOff[tuple[str, str]]) -> float:
    """Return the seconds until the next pass.

    The pause avoids useless passes, because each pass reads all days.
    """
    if done.rebuilt >= DAYS_PER_PASS_MAX:
        return 0
    if done.has_more:
        return _PAUSE_SECONDS
    return max(_PAUSE_SECONDS, back_off.seconds_until_due())
