"""Verification and repair of a day's rollup against the day's events.

Folds keep rollups exact. A rollup can still differ from its events after a manual edit, after a
delta became a dead letter, or after a backup was restored. The rollup of a frozen day isn't
compared with its events, because they may have expired.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from api.domain.events import TRUSTED, query_days
from api.domain.retention import is_frozen
from api.domain.rollups import (
    DELTAS_PER_FOLD_MAX,
    DayCounts,
    DayUsers,
    LateEvents,
    Pending,
    Rollup,
    count_types,
    late_events_id,
    user_hashes,
    users_id,
)
from api.domain.usage import add_received, late_events
from api.services.additions import add_counts, add_deltas, known_types, read_known_types
from api.services.folds import fold_day
from api.services.projections import project
from api.services.rebuilds import rebuild_users
from api.services.sketches import SketchBuilder, estimate, hold_same_users, is_damaged
from api.services.stored_events import days_with_events, read_pages
from api.stores.protocol import Conflict, RollupStore, Unavailable

DELTAS_MAX = 1000  # a day with this many pending deltas is not counted
_ATTEMPTS_MAX = 10


@dataclass(frozen=True, slots=True)
class Difference:
    """A number in a day's rollup that differs from the day's events."""

    what: str
    stored: int
    counted: int


@dataclass(frozen=True, slots=True)
class DayRecount:
    """A consistent snapshot of a day: its stored rollup, and a rollup counted from its events.

    `expected` is the stored rollup with the pending deltas added. `late` contains the projected
    late events. On a frozen day, `counted` is the same as `expected`.
    """

    pending: Pending
    projected: DayCounts | None
    projected_users: DayUsers | None
    expected: Rollup
    counted: Rollup
    late: Sequence[LateEvents] = ()
    is_frozen: bool = False

    @property
    def events(self) -> int:
        return sum(self.counted.counts.values())

    @property
    def waits(self) -> bool:
        """Return whether deltas or a projection are pending, which is not an error."""
        behind = self.projected.number if self.projected else 0
        return bool(self.pending.deltas) or behind < self.pending.rollup.number

    @property
    def lacks_users(self) -> bool:
        """Return whether users are missing or hashed with another secret, which is not an error.

        The users of a frozen day can't be hashed again.
        """
        if self.is_frozen or not self.expected.number:
            return False
        return not _is_current(self.expected, self.counted.users_key)

    @property
    def differences(self) -> Sequence[Difference]:
        rollup, projected = self.pending.rollup, self.projected
        found = [] if self.is_frozen else self._event_differences()
        if projected and projected.number >= rollup.number:
            found += _count_differences("projected ", projected, rollup)
            found += _differences("projected, received ", projected.received, rollup.received)
            late = {one.month: one.received for one in self.late}
            for one in late_events(rollup, projected):
                month = late.get(one.month, {})
                found += _differences("projected, received late ", month, one.received)
            if _is_current(rollup, self.counted.users_key) and not self.is_frozen:
                users = self.projected_users.sketch if self.projected_users else b""
                found += _user_differences("projected ", users, rollup.sketch)
        return found

    def _event_differences(self) -> list[Difference]:
        found = _count_differences("", self.expected, self.counted)
        found += _differences("received ", self.expected.received, self.counted.received)
        if not self.lacks_users:
            found += _user_differences("", self.expected.sketch, self.counted.sketch)
        return found


async def find_days(store: RollupStore, org_id: str, first: str, last: str) -> Sequence[str]:
    """Return all days in this range that have events, deltas or a projected rollup."""
    projected = await store.find(DayCounts, org_id, first=first, last=last)
    days = {counts.day for counts in projected}
    days |= {day for owner, day in await store.unfolded() if owner == org_id}
    days |= {day async for day in days_with_events(store, query_days(org_id, first, last))}
    return sorted(day for day in days if first <= day <= last)


async def recount_day(store: RollupStore, org_id: str, day: str) -> DayRecount:
    """Count the day's events, and return the counts with the stored rollup. Change nothing.

    The rollup and the deltas are read before and after the events. If both reads return the same
    data, nothing was folded or appended in between, and the counted events are exactly the events
    in the rollup and the deltas. If the data read before and after the count differ, the count is
    repeated.
    """
    before = await store.pending(org_id, day, limit=DELTAS_MAX)
    for _ in range(_ATTEMPTS_MAX):
        if len(before.deltas) == DELTAS_MAX:
            raise Unavailable(f"{org_id} {day} has {DELTAS_MAX} or more deltas that aren't folded")
        expected = await _expected(store, before)
        frozen = is_frozen(expected, store.now())
        counted = expected if frozen else await _count(store, expected)
        projected = await store.read(DayCounts, org_id, day)
        users = await store.read(DayUsers, org_id, users_id(day))
        late = [
            await store.read(LateEvents, org_id, late_events_id(one.month, day))
            for one in late_events(before.rollup, projected.record if projected else None)
        ]
        after = await store.pending(org_id, day, limit=DELTAS_MAX)
        last = await store.pending(org_id, day, limit=1)  # read the rollup again, after the deltas
        if _state(before) == _state(after) and last.version == before.version:
            return DayRecount(
                after,
                projected.record if projected else None,
                users.record if users else None,
                expected,
                counted,
                [one.record for one in late if one],
                frozen,
            )
        before = after
    raise Unavailable(f"{org_id} {day} changed during every attempt to count it")


async def repair_day(store: RollupStore, org_id: str, day: str) -> DayRecount:
    """Set the day's rollup and its projection to match the events. Return the recount.

    On a frozen day, only the projection is set to match the rollup.

    Like a fold, a repair is one transaction, which stores the rollup and deletes the deltas whose
    events were counted. If a fold changes the rollup first, the transaction fails and the day is
    counted again. Events that arrive during the repair have their own deltas, which are folded
    later.
    """
    first: DayRecount | None = None
    for _ in range(_ATTEMPTS_MAX):
        try:
            await _make_room(store, org_id, day)
            found = await recount_day(store, org_id, day)
            first = first or found
            if not (found.differences or found.waits or found.lacks_users):
                return first
            await _store_counted(store, found)
        except Conflict:
            continue
    raise Unavailable(f"every attempt to repair {org_id} {day} conflicted with another write")


async def rehash_day(store: RollupStore, org_id: str, day: str) -> bool:
    """Hash all users of the day again if some are missing in the day's sketch.

    Return whether rehashing was necessary.
    """
    await fold_day(store, org_id, day)
    return await rebuild_users(store, org_id, day)


async def _make_room(store: RollupStore, org_id: str, day: str) -> None:
    """Fold deltas if more are pending than one transaction can delete."""
    pending = await store.pending(org_id, day, limit=DELTAS_PER_FOLD_MAX + 1)
    if len(pending.deltas) > DELTAS_PER_FOLD_MAX or pending.unreadable:
        await fold_day(store, org_id, day)


async def _store_counted(store: RollupStore, found: DayRecount) -> None:
    pending, projected = found.pending, found.projected
    if found.differences or found.lacks_users or pending.deltas:
        newest = max(pending.rollup.number, projected.number if projected else 0)
        rollup = replace(found.counted, number=newest + 1, users_number=newest + 1)
        await store.fold(rollup, version=pending.version, deltas=pending.deltas)
    else:
        rollup = pending.rollup
    await project(store, rollup, rewrite=True)


async def _expected(store: RollupStore, pending: Pending) -> Rollup:
    if not pending.deltas:
        return pending.rollup
    known = await read_known_types(store, pending.rollup, pending.deltas)
    key = store.user_keys.version
    return add_deltas(pending.rollup, pending.deltas, users_key=key, known=known)


async def _count(store: RollupStore, expected: Rollup) -> Rollup:
    """Count the day's events per event type.

    Types that the rollup counts by name are still counted by name.
    """
    org_id, day = expected.org_id, expected.day
    key, known = store.user_keys.of(org_id), await known_types(store, org_id, day)
    users = SketchBuilder()
    empty = Rollup(org_id, day, counts=dict.fromkeys(expected.counts, 0))
    counted = replace(
        empty,
        trusted_names=expected.trusted_names,
        closed=expected.closed,
        erased=expected.erased,
        frozen_from=expected.frozen_from,
    )
    async for events in read_pages(store, query_days(org_id, day, day)):
        trusted = [event for event in events if event.source == TRUSTED]
        public = [event for event in events if event.source != TRUSTED]
        by_source = [(count_types(trusted), True), (count_types(public), False)]
        counted = add_counts(counted, by_source, known)
        late = [(event.received_on, 1) for event in events]
        counted = replace(counted, received=add_received(counted.received, late))
        users.add(user_hashes(b"".join({key.hash(event.user_id) for event in events})))
    counts = counted.counts
    if not counted.closed:  # a closed day keeps even names without events
        counts = {name: count for name, count in counts.items() if count}
    sketch = users.united_with(b"")
    return replace(counted, counts=counts, users_key=key.version, sketch=sketch)


def _is_current(rollup: DayCounts, users_key: str) -> bool:
    return rollup.users_key == users_key and rollup.has_all_users


def _count_differences(prefix: str, stored: DayCounts, counted: DayCounts) -> list[Difference]:
    return _differences(prefix, stored.counts, counted.counts)


def _differences(
    prefix: str, stored: Mapping[str, int], counted: Mapping[str, int]
) -> list[Difference]:
    names = sorted(stored.keys() | counted.keys())
    pairs = [(name, stored.get(name, 0), counted.get(name, 0)) for name in names]
    return [Difference(prefix + name, a, b) for name, a, b in pairs if a != b]


def _user_differences(prefix: str, stored: bytes, counted: bytes) -> list[Difference]:
    stored = b"" if is_damaged(stored) else stored
    if hold_same_users(stored, counted):
        return []
    return [Difference(f"{prefix}users", estimate(stored), estimate(counted))]


def _state(pending: Pending) -> tuple[object, ...]:
    deltas = {delta.delta_id for delta in pending.deltas}
    unreadable = {rejected.document_id for rejected in pending.unreadable}
    return pending.version, deltas, unreadable
