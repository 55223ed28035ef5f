"""Organisations take turns when days are folded, and every day is folded eventually."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from api.domain.events import DayBatch
from api.domain.rollups import Checkpoint, DayCounts, Delta, Rollup
from api.services.backoff import PROMPT_RETRIES, BackOff
from api.services.fold_passes import TURNS_PER_PASS
from api.services.fold_queue import FoldQueue
from api.services.rebuilds import rebuild_outdated
from api.services.rollups import (
    FEED_READER,
    apply_changes,
    catch_up,
    process_next_changes,
    read_feed,
    sweep,
)
from api.stores.protocol import RollupStore, Throttled
from tests.contract.samples import OTHER, append, event

HOSTILE = "org_acme"  # sorts before OTHER
DAYS = 25
ALL_DAYS = {"first": "0001-01-01", "last": "9999-12-31"}


class WatchedStore:
    """A store that records which organisations' days are folded and fails for chosen ones."""

    def __init__(self, store: RollupStore) -> None:
        self._store = store
        self.folded: list[str] = []
        self.tried: list[str] = []
        self.failing_folds: set[str] = set()
        self.failing_projections: set[str] = set()
        self.fails_to_write_checkpoint = False
        self.is_paging = asyncio.Event()
        self.pages_wait: asyncio.Event | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def fold(self, rollup: Rollup, *, version: str | None, deltas: Sequence[Delta]) -> None:
        self.tried.append(rollup.org_id)
        if rollup.org_id in self.failing_folds:
            raise Throttled(1)
        await self._store.fold(rollup, version=version, deltas=deltas)
        self.folded.append(rollup.org_id)

    async def page(self, *query: object, **options: object) -> object:
        self.is_paging.set()
        if self.pages_wait:
            await self.pages_wait.wait()
        return await self._store.page(*query, **options)

    async def create[R](self, record: R) -> object:
        self._refuse(record)
        return await self._store.create(record)

    async def replace[R](self, record: R, *, version: str) -> object:
        self._refuse(record)
        return await self._store.replace(record, version=version)

    def _refuse(self, record: object) -> None:
        if isinstance(record, DayCounts) and record.org_id in self.failing_projections:
            raise Throttled(1)
        if isinstance(record, Checkpoint) and self.fails_to_write_checkpoint:
            raise Throttled(1)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watched(any_store: RollupStore) -> WatchedStore:
    return WatchedStore(any_store)


@pytest.fixture
async def flooded(watched: WatchedStore) -> WatchedStore:
    """Return a store where one organisation has many days to fold and another has one."""
    await append(watched, [event(n, day=n + 1, org=HOSTILE) for n in range(DAYS)])
    await append(watched, [event(1, org=OTHER)])
    return watched


async def total(store: RollupStore, org_id: str) -> int:
    days = await store.find(DayCounts, org_id, **ALL_DAYS)
    return sum(sum(day.counts.values()) for day in days)


async def assert_exact(store: WatchedStore) -> None:
    store.failing_folds.clear()
    store.failing_projections.clear()
    await catch_up(store)

    assert (await total(store, HOSTILE), await total(store, OTHER)) == (DAYS, 1)
    assert await store.unfolded() == set()


async def test_organisations_take_turns_in_a_sweep(flooded: WatchedStore):
    await sweep(flooded)

    assert flooded.folded.index(OTHER) < 2
    await assert_exact(flooded)


async def test_organisations_take_turns_in_a_batch_of_changes(flooded: WatchedStore):
    await apply_changes(flooded, await flooded.changes(None, limit=1000))

    assert flooded.folded.index(OTHER) < 2


async def test_a_pass_folds_a_bounded_share_of_each_organisation(flooded: WatchedStore):
    queue = FoldQueue(now=Clock())
    await apply_changes(flooded, await flooded.changes(None, limit=1000), queue)

    assert Counter(flooded.folded) == {HOSTILE: TURNS_PER_PASS, OTHER: 1}
    await sweep(flooded, queue)
    await assert_exact(flooded)


async def test_a_day_with_many_deltas_is_folded_by_turns(store: RollupStore):
    watched = WatchedStore(store)
    for n in range(300):
        await watched.append(DayBatch(HOSTILE, event(n).day, [event(n, org=HOSTILE)], None))
    await append(watched, [event(1, org=OTHER)])
    await sweep(watched)

    assert watched.folded.index(OTHER) < 2
    assert watched.folded.count(HOSTILE) >= 4


async def test_days_that_a_killed_reader_had_not_folded_are_found(
    flooded: WatchedStore,
):
    step = await process_next_changes(flooded, None, FoldQueue(now=Clock()))
    stored = await flooded.read(Checkpoint, FEED_READER)

    assert stored == step.checkpoint
    assert len(await flooded.unfolded()) == DAYS - TURNS_PER_PASS
    await assert_exact(flooded)  # catches up with another reader and an empty queue


async def test_catching_up_projects_a_day_that_only_the_sweep_finds(watched: WatchedStore):
    await catch_up(watched)
    await append(watched, [event(1, org=OTHER)])
    watched.failing_folds.add(OTHER)
    with pytest.raises(Throttled):
        await catch_up(watched)  # moves the checkpoint past the delta
    watched.failing_folds.clear()
    await catch_up(watched)

    assert await total(watched, OTHER) == 1


async def test_failing_projections_block_only_the_stored_checkpoint(
    flooded: WatchedStore,
):
    clock = Clock()
    queue, step = FoldQueue(now=clock), None
    flooded.failing_projections.add(HOSTILE)
    for _ in range(6):
        step = await process_next_changes(flooded, step.checkpoint if step else None, queue)

    assert queue.holds_projections
    assert await total(flooded, OTHER) == 1
    before = await flooded.read(Checkpoint, FEED_READER)
    await append(flooded, [event(2, org=OTHER)])
    for _ in range(3):
        step = await process_next_changes(flooded, step.checkpoint, queue)

    assert await total(flooded, OTHER) == 2
    assert await flooded.read(Checkpoint, FEED_READER) == before
    flooded.failing_projections.clear()
    for _ in range(DAYS):
        clock.seconds += 1000
        step = await process_next_changes(flooded, step.checkpoint, queue)

    assert await total(flooded, HOSTILE) == DAYS
    assert not queue.holds_projections


async def test_a_failing_organisation_blocks_no_other_and_is_retried_less_often(
    flooded: WatchedStore,
):
    clock = Clock()
    queue, step = FoldQueue(now=clock), None
    flooded.failing_folds.add(HOSTILE)
    for _ in range(20):
        step = await process_next_changes(flooded, step.checkpoint if step else None, queue)

    assert await total(flooded, OTHER) == 1
    assert flooded.tried.count(HOSTILE) == DAYS * (PROMPT_RETRIES + 1)
    flooded.failing_folds.clear()
    for _ in range(DAYS):
        clock.seconds += 1000
        step = await process_next_changes(flooded, step.checkpoint, queue)

    assert await total(flooded, HOSTILE) == DAYS


async def test_a_failing_organisation_does_not_block_a_batch_of_a_function(flooded: WatchedStore):
    queue = FoldQueue()
    flooded.failing_folds.add(HOSTILE)
    changes = await flooded.changes(None, limit=1000)
    for _ in range(PROMPT_RETRIES):
        with pytest.raises(Throttled):
            await apply_changes(flooded, changes, queue)
    await apply_changes(flooded, changes, queue)

    assert flooded.folded == [OTHER]
    await assert_exact(flooded)


async def make_outdated(store: RollupStore) -> None:
    """Mark the users of every day as hashed with another secret."""
    for day in await store.find(DayCounts, None, **ALL_DAYS):
        stored = await store.read(DayCounts, day.org_id, day.day)
        await store.replace(replace(day, users_key=""), version=stored.version)
        pending = await store.pending(day.org_id, day.day, limit=1)
        outdated = replace(pending.rollup, users_key="")
        await store.fold(outdated, version=pending.version, deltas=[])


async def test_organisations_take_turns_when_days_are_rebuilt(flooded: WatchedStore):
    await catch_up(flooded)
    await make_outdated(flooded)
    flooded.folded.clear()

    assert await rebuild_outdated(flooded, days_max=2) == 2
    assert set(flooded.folded) == {HOSTILE, OTHER}


async def test_folds_of_others_continue_during_a_long_rebuild(flooded: WatchedStore):
    await catch_up(flooded)
    await make_outdated(flooded)
    flooded.pages_wait = asyncio.Event()
    rebuilding = asyncio.create_task(rebuild_outdated(flooded))
    await flooded.is_paging.wait()
    await append(flooded, [event(2, org=OTHER)])
    await read_feed(flooded, FoldQueue(now=Clock()))

    assert await total(flooded, OTHER) == 2
    assert not rebuilding.done()
    flooded.pages_wait.set()
    await rebuilding


async def test_a_projection_that_keeps_failing_is_left_to_the_sweep(
    flooded: WatchedStore,
):
    await sweep(flooded)
    queue = FoldQueue()
    flooded.failing_projections.add(HOSTILE)
    changes = await flooded.changes(None, limit=1000)
    for _ in range(PROMPT_RETRIES):
        with pytest.raises(Throttled):
            await apply_changes(flooded, changes, queue)
    await apply_changes(flooded, changes, queue)

    assert (await total(flooded, HOSTILE), await total(flooded, OTHER)) == (0, 1)
    await sweep(flooded)  # fails again without losing the days
    flooded.failing_projections.clear()
    await sweep(flooded)  # has no queue in memory, like an instance after a crash
    assert await total(flooded, HOSTILE) == DAYS


async def test_a_batch_fails_if_its_failed_projections_cannot_be_recorded(
    flooded: WatchedStore,
):
    await sweep(flooded)
    queue = FoldQueue()
    flooded.failing_projections.add(HOSTILE)
    flooded.fails_to_write_checkpoint = True
    changes = await flooded.changes(None, limit=1000)
    for _ in range(PROMPT_RETRIES + 5):
        with pytest.raises(Throttled):
            await apply_changes(flooded, changes, queue)


async def test_projections_beyond_a_full_queue_are_left_to_the_sweep(
    flooded: WatchedStore,
):
    await sweep(flooded)
    queue = FoldQueue(now=Clock(), days_per_organization_max=2)
    flooded.failing_projections.add(HOSTILE)
    step = await process_next_changes(flooded, None, queue)

    assert len(queue) == 2
    assert step.seen
    flooded.failing_projections.clear()
    await sweep(flooded)
    assert await total(flooded, HOSTILE) == DAYS - 2


async def test_days_that_fail_to_be_rebuilt_do_not_block_others(
    flooded: WatchedStore,
):
    await catch_up(flooded)
    await make_outdated(flooded)
    flooded.failing_folds.add(HOSTILE)
    back_off = BackOff(now=Clock())
    passes = [await rebuild_outdated(flooded, back_off, days_max=1) for _ in range(DAYS * 4 + 2)]

    assert sum(passes) == 1
    assert flooded.folded[-1] == OTHER
