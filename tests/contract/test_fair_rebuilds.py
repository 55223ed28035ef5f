"""Organisations take turns when the users of days are rebuilt."""

import asyncio
from dataclasses import replace

import pytest

from api.domain.rollups import DayCounts
from api.services.backoff import LONGEST_SECONDS, PROMPT_RETRIES, BackOff
from api.services.fold_queue import FoldQueue
from api.services.rebuilds import keep_rebuilding, rebuild_outdated
from api.services.rollups import catch_up, read_feed
from api.stores.protocol import RollupStore
from tests.contract.flooded_store import ALL_DAYS, DAYS, HOSTILE, Clock, WatchedStore, flood, total
from tests.contract.samples import OTHER, append, event


@pytest.fixture
async def flooded(store: RollupStore) -> WatchedStore:
    return await flood(store)


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


async def test_days_that_fail_to_be_rebuilt_do_not_block_others(
    flooded: WatchedStore,
):
    await catch_up(flooded)
    await make_outdated(flooded)
    flooded.failing_folds.add(HOSTILE)
    back_off = BackOff(now=Clock())
    tries = DAYS * (PROMPT_RETRIES + 1)
    passes = [await rebuild_outdated(flooded, back_off, days_max=1) for _ in range(tries + 2)]

    assert sum(passes) == 1
    assert flooded.folded[-1] == OTHER


async def test_days_are_listed_again_only_when_one_is_due(flooded: WatchedStore):
    await catch_up(flooded)
    await make_outdated(flooded)
    flooded.failing_folds.add(OTHER)
    clock, hours = Clock(), 3

    async def sleep(seconds: float) -> None:
        clock.seconds += seconds
        if clock.seconds > hours * 3600:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await keep_rebuilding(flooded, now=clock, sleep=sleep)

    doubled_delays = 10  # from 1 s to 300 s
    assert flooded.listings <= PROMPT_RETRIES + doubled_delays + hours * 3600 / LONGEST_SECONDS + 2
