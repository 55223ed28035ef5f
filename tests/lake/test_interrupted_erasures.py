"""The erasure of a user, whatever interrupts it and whatever happens at the same time."""

import asyncio
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from api.backends import open_emulated
from api.domain.erasures import (
    DONE,
    FAILED,
    FAILURES_MAX,
    QUEUED,
)
from api.domain.events import DayBatch
from api.domain.reference import AuditEntry
from api.domain.rollups import DeadLetter
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services import erased_days
from api.services.archive import Archiver
from api.services.erasure_jobs import NO_WAITS, Eraser
from api.services.erasures import list_erasures, request_erasure
from api.services.rollups import catch_up as fold
from api.settings import Settings
from api.stores.protocol import RollupStore
from cosmos_emulator import Emulator
from tests.contract.acts import Acting
from tests.contract.samples import event
from tests.crash.crash_points import WatchedStore
from tests.lake.erased import (
    ORG,
    USER,
    acting,
    assert_like_a_world_without,
    files_with,
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


class Killed(BaseException):
    """Ends a job as a killed process does: nothing after the moment is executed."""


@pytest.mark.parametrize("stride", [6, pytest.param(1, marks=pytest.mark.full)])
async def test_a_job_that_is_killed_at_any_moment_ends_the_same(
    stride: int, settings: Settings, tmp_path: Path, acting: Acting, monkeypatch: pytest.MonkeyPatch
):
    """Kill the job before and after each call of the store and of the lake, then resume it."""
    monkeypatch.setattr(erased_days, "EVENTS_PER_TRANSACTION_MAX", 2)
    moments, endings = 0, set[tuple[object, ...]]()
    for left in count(1, stride):
        emulator, clock = Emulator(), ManualClock()
        storage = LakeStorage.in_folder(tmp_path / f"lake-{left}")
        async with open_emulated(settings, emulator) as store:
            await store_all(store, DeltaTables(storage), [*users_events(3), *others_events()])
            for day in ("2026-03-01", "2026-03-02"):
                await store.create(DeadLetter(ORG, day, "a", "broken", {"user_id": USER}))
            await request_erasure(store, acting(), ORG, USER)
            was_killed = await kill_after(store, storage, clock, left)
            done = await work(store, DeltaTables(storage), clock)
            await assert_like_a_world_without(store, others_events())
            assert await subjects(store) == []
            assert files_with(Path(storage.root), "brien") == []
            endings.add((done.status, done.events, done.days, done.dead_letters))
        emulator.close()
        moments += was_killed
        if not was_killed:
            break

    assert moments * stride > 60
    assert endings == {(DONE, 6, 3, 2)}


async def kill_after(
    store: RollupStore, storage: LakeStorage, clock: ManualClock, moments: int
) -> bool:
    """Work on the job until this many moments have passed. Return whether it was killed."""
    left = moments

    async def reach(_: str) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            raise Killed

    class WatchedLake(DeltaTables):
        async def erase_user(self, org_id: str, user_id: str) -> int:
            await reach("before")
            files = await super().erase_user(org_id, user_id)
            await reach("after")
            return files

        async def vacuum(self, org_id: str, **options: int) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
            await reach("before")
            deleted = await super().vacuum(org_id, **options)  # pyright: ignore[reportArgumentType]
            await reach("after")
            return deleted

    with suppress(Killed):
        await work(WatchedStore(store, reach), WatchedLake(storage), clock, NO_WAITS)  # pyright: ignore[reportArgumentType]
        return False
    return True


async def test_two_workers_at_once_count_each_event_once(
    store: RollupStore, storage: LakeStorage, clock: ManualClock, acting: Acting
):
    lakes = [DeltaTables(storage) for _ in range(3)]
    await store_all(store, lakes[0], [*users_events(), *others_events()])
    await request_erasure(store, acting(), ORG, USER)
    for _ in range(20):
        await asyncio.gather(*(Eraser(store, lake, clock, waits=NO_WAITS).work() for lake in lakes))
    [done] = await list_erasures(store, ORG)

    assert (done.status, done.events, done.days) == (DONE, 123, 3)
    await assert_like_a_world_without(store, others_events())


async def test_events_of_others_that_arrive_meanwhile_are_counted(
    store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(store, lake, [*users_events(300), *others_events()])
    await request_erasure(store, acting(), ORG, USER)
    more = [event(2000 + n, day=n % 3 + 1) for n in range(30)]

    async def arrive() -> None:
        for one in more:
            await store.append(DayBatch(ORG, one.day, [one], None))
            await fold(store)

    await asyncio.gather(arrive(), Eraser(store, lake, clock, waits=NO_WAITS).work())
    while (await list_erasures(store, ORG))[0].status != DONE:
        await Eraser(store, lake, clock, waits=NO_WAITS).work()
    await fold(store)

    await assert_like_a_world_without(store, [*others_events(), *more])


async def test_a_redelivered_event_does_not_return_to_the_lake(
    store: RollupStore,
    lake: DeltaTables,
    reader: DuckDBReader,
    clock: ManualClock,
    acting: Acting,
):
    await store_all(store, lake, [*users_events(3), *others_events()])
    await request_erasure(store, acting(), ORG, USER)
    await work(store, lake, clock)
    new = event(50)
    await Archiver(store, lake).archive([*users_events(3), new])

    assert await stored_keys(reader, ORG) == sorted(one.key for one in [*others_events(), new])


async def test_an_append_that_conflicts_with_the_erasure_checks_again(
    store: RollupStore, storage: LakeStorage, reader: DuckDBReader, acting: Acting
):
    """The erasure rewrites the day between the archiver's read of the table and its commit."""
    lake, [first, second] = DeltaTables(storage), users_events(0)[-2:]
    await store_all(store, lake, [first])

    class SlowLake(DeltaTables):
        async def append(self, org_id, events, *, keep=None):  # pyright: ignore # noqa: PGH003
            async def slow_keep(events):
                kept = await keep(events)
                if kept:
                    await request_erasure(store, acting(), ORG, USER)
                    await lake.erase_user(ORG, USER)
                return kept

            return await super().append(org_id, events, keep=slow_keep)

    await Archiver(store, SlowLake(storage)).archive([second])

    assert await stored_keys(reader, ORG) == []


async def test_a_job_with_a_persistent_fault_fails_and_can_be_requested_again(
    store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    class BrokenLake(DeltaTables):
        async def erase_user(self, org_id: str, user_id: str) -> int:
            raise ValueError(org_id, user_id)

    await store_all(store, lake, users_events(3))
    await request_erasure(store, acting(), ORG, USER)
    broken = BrokenLake(lake._storage)
    for _ in range(FAILURES_MAX):
        await Eraser(store, broken, clock, waits=NO_WAITS).work()
    assert (await list_erasures(store, ORG))[0].status == FAILED

    assert (await request_erasure(store, acting(), ORG, USER)).status == QUEUED
    done = await work(store, lake, clock)
    assert (done.status, done.events) == (DONE, 6)
    assert [one.action for one in await store.find(AuditEntry, ORG)] == ["user.erase"] * 2
