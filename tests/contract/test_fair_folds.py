"""Organisations take turns when days are folded, and every day is folded eventually."""

from collections import Counter

import pytest

from api.domain.events import DayBatch
from api.domain.rollups import Checkpoint
from api.services import noted_days
from api.services.backoff import PROMPT_RETRIES
from api.services.fold_passes import TURNS_PER_PASS
from api.services.fold_queue import FoldQueue
from api.services.rollups import (
    FEED_READER,
    apply_changes,
    catch_up,
    process_next_changes,
    sweep,
)
from api.stores.protocol import RollupStore, Throttled
from tests.contract.flooded_store import (
    DAYS,
    HOSTILE,
    Clock,
    WatchedStore,
    assert_exact,
    flood,
    total,
)
from tests.contract.samples import OTHER, append, event


@pytest.fixture
async def flooded(store: RollupStore) -> WatchedStore:
    return await flood(store)


@pytest.fixture
async def flooded_any(any_store: RollupStore) -> WatchedStore:
    """Return the same for every store, for tests that read changes and deltas again."""
    return await flood(any_store)


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
    flooded_any: WatchedStore,
):
    flooded = flooded_any
    step = await process_next_changes(flooded, None, FoldQueue(now=Clock()))
    stored = await flooded.read(Checkpoint, FEED_READER)

    assert stored == step.checkpoint
    assert len(await flooded.unfolded()) == DAYS - TURNS_PER_PASS
    await assert_exact(flooded)  # catches up with another reader and an empty queue


async def test_catching_up_projects_a_day_that_only_the_sweep_finds(any_store: RollupStore):
    watched = WatchedStore(any_store)
    await catch_up(watched)
    await append(watched, [event(1, org=OTHER)])
    watched.failing_folds.add(OTHER)
    with pytest.raises(Throttled):
        await catch_up(watched)  # moves the checkpoint past the delta
    watched.failing_folds.clear()
    await catch_up(watched)

    assert await total(watched, OTHER) == 1


async def test_failing_projections_do_not_block_the_reader_and_are_retried(flooded: WatchedStore):
    await sweep(flooded)
    clock = Clock()
    queue = FoldQueue(now=clock)
    flooded.failing_projections.add(HOSTILE)
    first = await process_next_changes(flooded, None, queue)
    stored = await flooded.read(Checkpoint, FEED_READER)

    assert stored
    assert stored == first.checkpoint
    await append(flooded, [event(2, org=OTHER)])
    step = await process_next_changes(flooded, stored, queue)
    step = await process_next_changes(flooded, step.checkpoint, queue)
    assert await total(flooded, OTHER) == 2
    flooded.failing_projections.clear()
    for _ in range(3):
        clock.seconds += 1000
        step = await process_next_changes(flooded, step.checkpoint, queue)

    assert await total(flooded, HOSTILE) == DAYS


async def test_catching_up_raises_while_a_projection_fails(flooded: WatchedStore):
    flooded.failing_projections.add(HOSTILE)
    for _ in range(2):  # the second finds the failure in the store only
        with pytest.raises(Throttled):
            await catch_up(flooded)

    await assert_exact(flooded)


async def test_too_many_failed_projections_do_not_block_other_organisations(
    flooded: WatchedStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(noted_days, "DAYS_MAX", 3)
    await sweep(flooded)
    flooded.failing_projections.update([HOSTILE, OTHER])
    await process_next_changes(flooded, None, FoldQueue(now=Clock()))

    assert caplog.messages.count("a failed day is not retried") == DAYS + 1 - 3
    flooded.failing_projections.clear()
    await sweep(flooded)
    assert (await total(flooded, HOSTILE), await total(flooded, OTHER)) == (2, 1)


async def test_a_failing_organisation_blocks_no_other_and_is_retried_less_often(
    flooded: WatchedStore,
):
    clock = Clock()
    queue, step = FoldQueue(now=clock), None
    flooded.failing_folds.add(HOSTILE)
    for _ in range(8):
        step = await process_next_changes(flooded, step.checkpoint if step else None, queue)

    assert await total(flooded, OTHER) == 1
    assert flooded.tried.count(HOSTILE) == DAYS * (PROMPT_RETRIES + 1)
    flooded.failing_folds.clear()
    for _ in range(3):
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
    with pytest.raises(Throttled):
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


async def test_a_killed_reader_leaves_failed_projections_to_the_sweep(flooded_any: WatchedStore):
    flooded = flooded_any
    await sweep(flooded)
    flooded.failing_projections.add(HOSTILE)
    await process_next_changes(flooded, None, FoldQueue(now=Clock()))
    flooded.failing_projections.clear()
    await sweep(flooded)

    assert await total(flooded, HOSTILE) == DAYS
