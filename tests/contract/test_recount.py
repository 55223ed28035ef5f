"""Every store can verify a day's rollup against its events and repair it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from api.domain.events import DayBatch
from api.domain.rollups import (
    DayCounts,
    DayUsers,
    DeadLetter,
    Pending,
    counts_of,
    users_id,
    users_of,
)
from api.services.folds import fold_day
from api.services.recount import find_days, recount_day, repair_day
from api.services.rollups import catch_up, sweep
from api.services.sketches import add_users, estimate, hold_same_users
from api.stores.protocol import RollupStore
from tests.contract.samples import ORG, OTHER, append, event

DAY = "2026-03-01"
RIGHT = {"type-0": 4, "type-1": 3, "type-2": 3}
EVER = ("0001-01-01", "9999-12-31")


@pytest.fixture
async def ten_events(any_store: RollupStore) -> RollupStore:
    """Return a store with ten events of five users on a day, folded and projected."""
    await append(any_store, [event(n) for n in range(10)])
    await append(any_store, [event(90, day=2), event(90, org=OTHER)])
    await catch_up(any_store)
    return any_store


async def plant(store: RollupStore, **changes: object) -> None:
    """Store the day's rollup with wrong values."""
    pending = await store.pending(ORG, DAY, limit=99)
    rollup = replace(pending.rollup, **changes)
    await store.fold(rollup, version=pending.version, deltas=pending.deltas)


async def differences(store: RollupStore) -> list[tuple[str, int, int]]:
    found = (await recount_day(store, ORG, DAY)).differences
    return [(one.what, one.stored, one.counted) for one in found]


async def is_right(store: RollupStore) -> bool:
    """Check rollup and projection without the code under test."""
    pending = await store.pending(ORG, DAY, limit=99)
    projected = await store.read(DayCounts, ORG, DAY)
    users = await store.read(DayUsers, ORG, users_id(DAY))
    return (
        not pending.deltas
        and projected is not None
        and projected.record == counts_of(pending.rollup)
        and users is not None
        and users.record == users_of(pending.rollup)
        and pending.rollup.counts == RIGHT
        and estimate(pending.rollup.sketch) == 5
    )


async def test_a_correct_day_has_no_differences_and_nothing_is_written(ten_events: RollupStore):
    before = await ten_events.pending(ORG, DAY, limit=9)
    found = await recount_day(ten_events, ORG, DAY)
    repaired = await repair_day(ten_events, ORG, DAY)

    assert (found.events, found.differences, found.waits) == (10, [], False)
    assert repaired == found
    assert await ten_events.pending(ORG, DAY, limit=9) == before


async def test_pending_deltas_are_counted_and_folded_by_a_repair(
    ten_events: RollupStore,
):
    await append(ten_events, [event(n) for n in range(20, 23)])
    found = await recount_day(ten_events, ORG, DAY)
    await repair_day(ten_events, ORG, DAY)
    repaired = await recount_day(ten_events, ORG, DAY)

    assert (found.events, found.differences, found.waits) == (13, [], True)
    assert (repaired.events, repaired.differences, repaired.waits) == (13, [], False)
    assert not (await ten_events.pending(ORG, DAY, limit=9)).deltas


@pytest.mark.parametrize("sketch", [b"", b"garbage"])
async def test_more_deltas_than_fit_into_a_transaction(store: RollupStore, sketch: bytes):
    await plant(store, sketch=sketch)
    await append(store, [event(n) for n in range(101)])
    found = await recount_day(store, ORG, DAY)
    await repair_day(store, ORG, DAY)
    repaired = await recount_day(store, ORG, DAY)

    assert (found.events, found.differences) == (101, [])
    assert (repaired.events, repaired.differences, repaired.waits) == (101, [], False)


PLANTED = {
    "a wrong count": ({"counts": {**RIGHT, "type-1": 5}}, [("type-1", 5, 3)]),
    "a type never seen": ({"counts": {**RIGHT, "x": 1}}, [("x", 1, 0)]),
    "a lost type": ({"counts": {"type-0": 4, "type-1": 3}}, [("type-2", 0, 3)]),
    "no users": ({"sketch": b""}, [("users", 0, 5)]),
    "as many other users": ({"sketch": add_users(b"", range(5))}, [("users", 5, 5)]),
    "an unreadable sketch": ({"sketch": b"garbage"}, [("users", 0, 5)]),
}


@pytest.mark.parametrize("planted", PLANTED)
async def test_a_wrong_rollup_is_found_and_repaired(ten_events: RollupStore, planted: str):
    changes, expected = PLANTED[planted]
    await plant(ten_events, number=2, **changes)
    await append(ten_events, [event(0, day=2, event_id="another")])  # must not be counted on DAY
    assert await differences(ten_events) == expected
    await repair_day(ten_events, ORG, DAY)

    assert await differences(ten_events) == []
    assert await is_right(ten_events)


async def test_a_wrong_projection_of_a_correct_rollup(ten_events: RollupStore):
    projected = await ten_events.read(DayCounts, ORG, DAY)
    assert projected
    wrong = replace(projected.record, number=70, counts={**RIGHT, "type-0": 9})
    await ten_events.replace(wrong, version=projected.version)
    assert await differences(ten_events) == [("projected type-0", 9, 4)]
    await repair_day(ten_events, ORG, DAY)

    assert await is_right(ten_events)
    assert (await ten_events.pending(ORG, DAY, limit=1)).rollup.number == 71


async def test_an_outdated_projection_is_pending_and_one_without_events_is_wrong(
    ten_events: RollupStore,
):
    await plant(ten_events, number=5)
    await ten_events.create(DayCounts(ORG, "2026-03-09", 3, {"ghost": 1}))
    behind = await recount_day(ten_events, ORG, DAY)
    ghost = await recount_day(ten_events, ORG, "2026-03-09")
    for day in (DAY, "2026-03-09"):
        await repair_day(ten_events, ORG, day)
    after = await ten_events.read(DayCounts, ORG, "2026-03-09")

    assert (behind.differences, behind.waits) == ([], True)
    assert [(one.what, one.stored) for one in ghost.differences] == [("projected ghost", 1)]
    assert await is_right(ten_events)
    assert after
    assert after.record.counts == {}


async def test_a_repair_counts_events_whose_delta_was_dead_lettered(ten_events: RollupStore):
    await append(ten_events, [event(30, event_type="lost")])
    [delta] = (await ten_events.pending(ORG, DAY, limit=9)).deltas
    await ten_events.move_to_dead_letters(
        DeadLetter(ORG, DAY, delta.delta_id, "an accident", {"type": "delta"})
    )
    assert await differences(ten_events) == [("lost", 0, 1)]
    await repair_day(ten_events, ORG, DAY)

    assert await differences(ten_events) == []
    assert len(await ten_events.find(DeadLetter, ORG)) == 1  # the dead letter is kept


async def test_a_repair_during_writes_and_folds_is_exact(ten_events: RollupStore):
    await plant(ten_events, number=2, counts={"type-0": 1000})

    async def write(first: int) -> None:
        for n in range(first, first + 8):
            await ten_events.append(DayBatch(ORG, DAY, [event(n)], None))

    async def fold() -> None:
        for _ in range(4):
            await fold_day(ten_events, ORG, DAY)
            await asyncio.sleep(0)

    await asyncio.gather(write(100), write(200), fold(), repair_day(ten_events, ORG, DAY))
    await sweep(ten_events)
    pending = await ten_events.pending(ORG, DAY, limit=99)

    assert sum(pending.rollup.counts.values()) == 26
    assert await differences(ten_events) == []


class _Interrupted:
    """A store that adds an event before call number `arrives` and folds during the next `pending`.

    That `pending` returns the rollup from before the fold and the deltas from after it.
    """

    def __init__(self, store: RollupStore, arrives: int) -> None:
        self._store = store
        self._calls = 0
        self._arrives = arrives

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def page(self, *arguments: object, **options: object) -> Sequence[object]:
        await self._count_call()
        return await self._store.page(*arguments, **options)

    async def pending(self, org_id: str, day: str, *, limit: int) -> Pending:
        has_arrived = self._calls >= self._arrives
        await self._count_call()
        before = await self._store.pending(org_id, day, limit=limit)
        if not has_arrived or not before.deltas:
            return before
        await fold_day(self._store, org_id, day)
        after = await self._store.pending(org_id, day, limit=limit)
        return replace(after, rollup=before.rollup, version=before.version)

    async def _count_call(self) -> None:
        self._calls += 1
        if self._calls == self._arrives:
            await append(self._store, [event(50)])


@pytest.mark.parametrize("arrives", range(1, 7))
async def test_a_fold_during_verification_causes_no_difference(
    ten_events: RollupStore, arrives: int
):
    found = await recount_day(_Interrupted(ten_events, arrives), ORG, DAY)

    assert found.differences == []
    assert found.events in (10, 11)


async def test_days_are_found_by_events_deltas_and_projections(ten_events: RollupStore):
    await append(ten_events, [event(1, day=5), event(1, day=28), event(1, day=7, org=OTHER)])
    await ten_events.create(DayCounts(ORG, "2026-03-09", 1))

    days = ["2026-03-01", "2026-03-02", "2026-03-05", "2026-03-09", "2026-03-28"]
    assert await find_days(ten_events, ORG, *EVER) == days
    assert await find_days(ten_events, ORG, "2026-03-02", "2026-03-09") == days[1:4]
    assert await find_days(ten_events, "org_nobody", *EVER) == []


@pytest.mark.parametrize("users", [0, 1, 4096, 20_000])
def test_the_same_users_give_the_same_sketch_in_any_order(users: int):
    hashes = [number * 2654435761 for number in range(users)]
    at_once = add_users(b"", hashes) if hashes else b""
    in_steps = b""
    for start in range(0, users, 777):
        in_steps = add_users(in_steps, reversed(hashes[start : start + 777]))

    assert hold_same_users(at_once, in_steps)
    assert hold_same_users(in_steps, at_once)
    assert not hold_same_users(at_once, add_users(in_steps, range(1_000_003, 1_000_103)))
