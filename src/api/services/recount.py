"""Proves a day's rollup from the day's events, and mends it where it is wrong.

Rollups are exact by construction. This is for what construction does not cover: a document that
somebody edited, deltas that were set aside, a restored backup.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace

from api.domain.events import query_days
from api.domain.rollups import (
    DELTAS_PER_FOLD_MAX,
    Pending,
    Rollup,
    hash_user,
    user_hashes,
)
from api.services.rollups import add_deltas, fold_day, project
from api.services.sketches import DAMAGED, add_users, count_distinct, hold_same_users
from api.stores.protocol import Conflict, RollupStore, Unavailable

EVENTS_PER_PAGE = 1000
DELTAS_MAX = 1000  # that may wait while a day is counted
_ATTEMPTS_MAX = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """A number of a day that is not what its events say."""

    what: str
    stored: int
    counted: int


@dataclass(frozen=True, slots=True)
class DayRecount:
    """One moment of a day: what is stored of it, and what its events say."""

    pending: Pending
    projected: Rollup | None
    counted: Rollup

    @property
    def events(self) -> int:
        return sum(self.counted.counts.values())

    @property
    def waits(self) -> bool:
        """Deltas or a projection are on their way; that is no mistake."""
        behind = self.projected.number if self.projected else 0
        return bool(self.pending.deltas) or behind < self.pending.rollup.number

    @property
    def differences(self) -> Sequence[Difference]:
        rollup, projected = _readable(self.pending.rollup), self.projected
        found = _differences("", add_deltas(rollup, self.pending.deltas), self.counted)
        if projected and projected.number >= rollup.number:
            found += _differences("projected ", _readable(projected), rollup)
        return found


async def find_days(store: RollupStore, org_id: str, first: str, last: str) -> Sequence[str]:
    """The days of this range that hold events, deltas or a projected rollup."""
    projected = await store.find(Rollup, org_id, first=first, last=last)
    days = {rollup.day for rollup in projected}
    days |= {day for owner, day in await store.unfolded() if owner == org_id}
    days |= {day async for day in _days_with_events(store, org_id, first, last)}
    return sorted(day for day in days if first <= day <= last)


async def recount_day(store: RollupStore, org_id: str, day: str) -> DayRecount:
    """What is stored and what the events say, of the same moment. Changes nothing.

    Nothing was folded while the rollup's version stood still, nothing was appended while the deltas
    stayed the same: then the events read meanwhile are exactly those that the two stand for.
    """
    before = await store.pending(org_id, day, limit=DELTAS_MAX)
    for _ in range(_ATTEMPTS_MAX):
        if len(before.deltas) == DELTAS_MAX:
            raise Unavailable(f"{DELTAS_MAX} deltas or more of {org_id} {day} wait to be folded")
        counted = await _count(store, org_id, day)
        projected = await store.read(Rollup, org_id, day)
        after = await store.pending(org_id, day, limit=DELTAS_MAX)
        last = await store.pending(org_id, day, limit=1)  # its rollup was read after the deltas
        if _state(before) == _state(after) and last.version == before.version:
            return DayRecount(after, projected.record if projected else None, counted)
        before = after
    raise Unavailable(f"{org_id} {day} changes faster than it can be counted")


async def mend_day(store: RollupStore, org_id: str, day: str) -> DayRecount:
    """Make the day's rollup and its projection what the events say; returns what was found.

    The transaction of a fold: it fails if another fold was first, and takes along the deltas whose
    events were counted. Events that arrive meanwhile bring deltas of their own.
    """
    first: DayRecount | None = None
    for _ in range(_ATTEMPTS_MAX):
        try:
            await _make_room(store, org_id, day)
            found = await recount_day(store, org_id, day)
            first = first or found
            if not found.differences and not found.waits:
                return first
            await _store_counted(store, found)
        except Conflict:
            continue
    raise Unavailable(f"the mending of {org_id} {day} kept losing")


async def _make_room(store: RollupStore, org_id: str, day: str) -> None:
    """Fold by the usual way when more deltas wait than one transaction takes along."""
    pending = await store.pending(org_id, day, limit=DELTAS_PER_FOLD_MAX + 1)
    if len(pending.deltas) <= DELTAS_PER_FOLD_MAX and not pending.unreadable:
        return
    rollup = _readable(pending.rollup)
    if rollup != pending.rollup:  # nothing can be added to it
        rollup = replace(rollup, number=rollup.number + 1, origin=None)  # nothing new came in
        await store.fold(rollup, version=pending.version, deltas=[])
    await fold_day(store, org_id, day)


async def _store_counted(store: RollupStore, found: DayRecount) -> None:
    pending, projected = found.pending, found.projected
    if found.differences or pending.deltas:
        newest = max(pending.rollup.number, projected.number if projected else 0)
        rollup = replace(found.counted, number=newest + 1)
        await store.fold(rollup, version=pending.version, deltas=pending.deltas)
    else:
        rollup = pending.rollup
    await project(store, rollup)


async def _days_with_events(
    store: RollupStore, org_id: str, first: str, last: str
) -> AsyncGenerator[str]:
    query = query_days(org_id, first, last)
    while found := await store.page(query, after=None, limit=1):
        day = found[0].day
        yield day
        query = replace(query, first=query_days(org_id, day, day).last)


async def _count(store: RollupStore, org_id: str, day: str) -> Rollup:
    query, after = query_days(org_id, day, day), None
    counts, users = Counter[str](), set[bytes]()
    while events := await store.page(query, after=after, limit=EVENTS_PER_PAGE):
        counts.update(event.event_type for event in events)
        users |= {hash_user(event.user_id) for event in events}
        after = events[-1].key
    sketch = add_users(b"", user_hashes(b"".join(users))) if users else b""
    return Rollup(org_id, day, counts=dict(counts), sketch=sketch)


def _readable(rollup: Rollup) -> Rollup:
    """The rollup, with nobody's sketch in place of a damaged one."""
    try:
        count_distinct([rollup.sketch])
    except DAMAGED:
        return replace(rollup, sketch=b"")
    return rollup


def _differences(prefix: str, stored: Rollup, counted: Rollup) -> list[Difference]:
    names = sorted(stored.counts.keys() | counted.counts.keys())
    pairs = [(name, stored.counts.get(name, 0), counted.counts.get(name, 0)) for name in names]
    found = [Difference(prefix + name, a, b) for name, a, b in pairs if a != b]
    if not hold_same_users(stored.sketch, counted.sketch):
        users = (count_distinct([rollup.sketch]) for rollup in (stored, counted))
        found.append(Difference(f"{prefix}users", *users))
    return found


def _state(pending: Pending) -> tuple[object, ...]:
    deltas = {delta.delta_id for delta in pending.deltas}
    unreadable = {rejected.document_id for rejected in pending.unreadable}
    return pending.version, deltas, unreadable
