"""Erasures by processes that can reach only a part of the data, and that have many erasures."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from api.domain.erasures import (
    DONE,
    FAILED,
    FAILURES_MAX,
    QUEUED,
    RUNNING,
    ErasureSubject,
)
from api.domain.events import Event, EventQuery
from api.domain.reference import Actor, Membership, Organization
from api.domain.rollups import DeadLetter
from api.domain.times import format_timestamp
from api.errors import ApiError
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services import erasure_jobs
from api.services.erasure_jobs import NO_WAITS, ORPHANED_AFTER, Eraser
from api.services.erasures import list_erasures, request_erasure
from api.services.organizations import put
from api.stores.protocol import RollupStore, StorageFull
from tests.contract.acts import Acting
from tests.contract.samples import OTHER, event, query
from tests.crash.crash_points import WatchedStore
from tests.lake.erased import (
    ORG,
    USER,
    acting,
    assert_like_a_world_without,
    lake,
    others_events,
    reader,
    storage,
    store_all,
    subjects,
    users_events,
    work,
)
from tests.lake.samples import stored_keys
from tests.support import ManualClock

__all__ = ["acting", "lake", "reader", "storage"]


async def status_of(store: RollupStore, org_id: str = ORG) -> str:
    [erasure] = await list_erasures(store, org_id)
    return erasure.status


async def test_a_process_that_cannot_reach_the_lake_does_not_complete_an_erasure(
    any_store: RollupStore,
    lake: DeltaTables,
    reader: DuckDBReader,
    clock: ManualClock,
    acting: Acting,
):
    await store_all(any_store, lake, [*users_events(3), *others_events()])
    await request_erasure(any_store, acting(), ORG, USER)
    for _ in range(3):
        await Eraser(any_store, None, clock, waits=NO_WAITS).work()

    assert await status_of(any_store) == RUNNING
    assert len(await subjects(any_store)) == 1
    assert await any_store.page(query(user_id=USER), after=None, limit=1) == []
    await Eraser(any_store, lake, clock, waits=NO_WAITS).work()
    assert await status_of(any_store) == DONE
    assert await stored_keys(reader, ORG) == sorted(one.key for one in others_events())


async def test_one_process_erases_the_store_and_another_one_the_lake(
    any_store: RollupStore,
    lake: DeltaTables,
    reader: DuckDBReader,
    clock: ManualClock,
    acting: Acting,
):
    of_lake = Eraser(any_store, lake, clock, deletes_events=False, waits=NO_WAITS)
    of_store = Eraser(any_store, None, clock, waits=NO_WAITS)
    await store_all(any_store, lake, [*users_events(3), *others_events()])
    await request_erasure(any_store, acting(), ORG, USER)
    await of_lake.work()
    assert len(await any_store.page(query(user_id=USER), after=None, limit=99)) == 6

    await of_store.work()
    await of_lake.work()
    assert await status_of(any_store) == DONE
    assert await subjects(any_store) == []
    assert await stored_keys(reader, ORG) == sorted(one.key for one in others_events())
    await assert_like_a_world_without(any_store, others_events())


async def test_data_that_the_verification_finds_is_deleted_by_the_other_process(
    store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    of_lake = Eraser(store, lake, clock, deletes_events=False, waits=NO_WAITS)
    of_store = Eraser(store, None, clock, waits=NO_WAITS)
    await store_all(store, lake, users_events(3))
    await request_erasure(store, acting(), ORG, USER)
    await of_store.work()
    await store.create(DeadLetter(ORG, "2026-03-01", "late", "broken", {"user_id": USER}))
    await of_lake.work()
    assert await status_of(store) == RUNNING

    await of_store.work()
    await of_lake.work()
    [done] = await list_erasures(store, ORG)
    assert (done.status, done.events, done.dead_letters) == (DONE, 6, 1)


async def test_a_refused_request_does_not_store_the_users_id(
    any_store: RollupStore, lake: DeltaTables, clock: ManualClock
):
    await store_all(any_store, lake, [])
    await any_store.create(Membership("vic", ORG, "viewer", "2026-01-01"))
    context = replace(Acting(clock, Actor("user", "vic"))(), scope="organization:manage")

    with pytest.raises(ApiError, match="scope"):
        await request_erasure(any_store, context, ORG, USER)
    assert await subjects(any_store) == []
    assert await list_erasures(any_store, ORG) == []


class Killed(BaseException):
    """Ends a request as a killed process does."""


async def request_and_die(store: RollupStore, acting: Acting) -> None:
    """Request the erasure of the user, and stop after the user's id is stored."""
    context = acting()

    async def reach(_: str) -> None:
        if any(one.stored_at == format_timestamp(context.now) for one in await subjects(store)):
            raise Killed

    with suppress(Killed):
        await request_erasure(WatchedStore(store, reach), context, ORG, USER)  # pyright: ignore[reportArgumentType]


async def test_the_id_of_an_interrupted_request_is_deleted(
    any_store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(any_store, lake, [])
    await request_and_die(any_store, acting)
    clock.forward(seconds=ORPHANED_AFTER.total_seconds() - 1)
    await Eraser(any_store, lake, clock).work()
    assert len(await subjects(any_store)) == 1

    clock.forward(seconds=1)
    await Eraser(any_store, lake, clock).work()
    assert await subjects(any_store) == []
    assert await list_erasures(any_store, ORG) == []


async def test_the_id_is_kept_for_a_later_request(
    any_store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(any_store, lake, [])
    await request_and_die(any_store, acting)
    clock.forward(seconds=ORPHANED_AFTER.total_seconds())
    await request_and_die(any_store, acting)
    await Eraser(any_store, lake, clock).work()
    assert len(await subjects(any_store)) == 1

    await request_erasure(any_store, acting(), ORG, USER)
    clock.forward(seconds=ORPHANED_AFTER.total_seconds())
    await Eraser(any_store, lake, clock, deletes_events=False).work()
    await Eraser(any_store, None, clock).work()
    assert len(await subjects(any_store)) == 1
    assert (await work(any_store, lake, clock)).status == DONE


async def test_an_id_that_is_missing_is_stored_again_by_the_same_request(
    store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(store, lake, users_events(3))
    asked = await request_erasure(store, acting(), ORG, USER)
    await store.delete(ErasureSubject, ORG, f"subject~{asked.erasure_id}")
    waiting = await work(store, lake, clock)
    assert (waiting.status, waiting.events) == (RUNNING, 0)

    await request_erasure(store, acting(), ORG, USER)
    assert (await work(store, lake, clock)).status == DONE


async def test_the_id_of_a_failed_erasure_is_deleted(
    store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    class BrokenLake(DeltaTables):
        async def erase_user(self, org_id: str, user_id: str) -> int:
            raise ValueError(org_id, user_id)

    await store_all(store, lake, users_events(3))
    await request_erasure(store, acting(), ORG, USER)
    for _ in range(FAILURES_MAX):
        await Eraser(store, BrokenLake(lake._storage), clock, waits=NO_WAITS).work()
    assert await status_of(store) == FAILED

    clock.forward(seconds=ORPHANED_AFTER.total_seconds())
    await Eraser(store, lake, clock).work()
    assert await subjects(store) == []
    assert (await request_erasure(store, acting(), ORG, USER)).status == QUEUED
    assert (await work(store, lake, clock)).status == DONE


class ReadingStore:
    """A store that records the reads of events."""

    def __init__(self, store: RollupStore) -> None:
        self._store = store
        self.reads = list[tuple[str, str | None]]()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def page(self, query: EventQuery, *, after: str | None, limit: int) -> Sequence[Event]:
        self.reads.append((max(query.first, after or ""), query.user_id))
        return await self._store.page(query, after=after, limit=limit)


async def test_a_job_reads_no_event_twice_from_the_start(
    any_store: RollupStore,
    lake: DeltaTables,
    clock: ManualClock,
    acting: Acting,
    monkeypatch: pytest.MonkeyPatch,
):
    """Otherwise an erasure of many events would read earlier days, or earlier events, again."""
    monkeypatch.setattr("api.services.erased_days.EVENTS_PER_TRANSACTION_MAX", 2)
    events = [event(n, day=1 + n // 6, user_id=USER) for n in range(30)]
    await store_all(any_store, lake, events)
    await request_erasure(any_store, acting(), ORG, USER)
    reading = ReadingStore(any_store)
    await Eraser(reading, None, clock, waits=NO_WAITS).work()  # pyright: ignore[reportArgumentType]
    starts = [start for start, user_id in reading.reads if user_id == USER]
    repeated = len(starts) - len(set(starts))

    assert await any_store.page(query(user_id=USER), after=None, limit=1) == []
    # Each day is found, counted and erased with a read from its start.
    assert repeated <= 2 * 5
    assert starts == sorted(starts, key=lambda start: start[:10])


async def test_a_long_erasure_ends_each_pass_and_delays_no_other_organisation(
    store: RollupStore,
    lake: DeltaTables,
    clock: ManualClock,
    acting: Acting,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("api.services.erased_days.EVENTS_PER_TRANSACTION_MAX", 2)
    monkeypatch.setattr(erasure_jobs, "TRANSACTIONS_PER_PASS", 3)
    await store_all(store, lake, [*users_events(30), *others_events()])
    await put(store, Organization(OTHER, "Globex", "pro", "2026-01-01"))
    await request_erasure(store, acting(), ORG, USER)
    await request_erasure(store, acting(), OTHER, USER)
    eraser = Eraser(store, lake, clock, waits=NO_WAITS)
    await eraser.work()

    assert (await status_of(store), await status_of(store, OTHER)) == (RUNNING, DONE)
    for _ in range(10):
        await eraser.work()
    [done] = await list_erasures(store, ORG)
    assert (done.status, done.events, done.days) == (DONE, 33, 3)
    await assert_like_a_world_without(store, others_events())


async def test_a_blocked_erasure_does_not_delay_another_organisation(
    store: RollupStore, storage: LakeStorage, clock: ManualClock, acting: Acting
):
    release = asyncio.Event()

    class BlockedLake(DeltaTables):
        async def erase_user(self, org_id: str, user_id: str) -> int:
            if org_id == ORG:
                await release.wait()
            return await super().erase_user(org_id, user_id)

    lake = BlockedLake(storage)
    await store_all(store, lake, users_events(3))
    await put(store, Organization(OTHER, "Globex", "pro", "2026-01-01"))
    await request_erasure(store, acting(), ORG, USER)
    await request_erasure(store, acting(), OTHER, USER)
    working = asyncio.create_task(Eraser(store, lake, clock, waits=NO_WAITS).work())
    while await status_of(store, OTHER) != DONE:  # noqa: ASYNC110 - the status is in the store
        await asyncio.sleep(0.01)

    assert await status_of(store) == RUNNING
    release.set()
    await working
    assert await status_of(store) == DONE


async def test_an_erasure_waits_while_the_disk_is_full(
    store: RollupStore,
    lake: DeltaTables,
    clock: ManualClock,
    acting: Acting,
):
    fault = StorageFull("the disk is full")

    class FullStore:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        async def scrub(self) -> None:
            raise fault

    await store_all(store, lake, users_events(3))
    asked = await request_erasure(store, acting(), ORG, USER)
    for _ in range(FAILURES_MAX):
        eraser = Eraser(FullStore(), lake, clock, waits=NO_WAITS)  # pyright: ignore[reportArgumentType]
        assert await eraser.continue_erasure(asked) is fault

    assert await status_of(store) == RUNNING
    await Eraser(store, lake, clock, waits=NO_WAITS).work()
    assert await status_of(store) == DONE
