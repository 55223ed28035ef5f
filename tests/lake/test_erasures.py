"""The erasure of a user from the store and from the lake."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from polars import read_parquet

from api.backends import open_emulated
from api.domain.erasures import (
    COPIES_OUTSIDE,
    DONE,
    QUEUED,
    RUNNING,
    receipt_of,
)
from api.domain.reference import AuditEntry, Organization
from api.domain.rollups import DeadLetter
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services.erasure_jobs import NO_WAITS, READER_GRACE, SETTLE, Eraser, Waits
from api.services.erasures import find_erasure, list_erasures, request_erasure
from api.services.organizations import put
from api.services.usage import count_received
from api.settings import Settings
from api.stores.protocol import RollupStore
from cosmos_emulator import Emulator
from tests.contract.acts import Acting
from tests.contract.samples import OTHER, query
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


def are_files(paths: Sequence[str]) -> bool:
    return all(Path(path).is_file() for path in paths)


async def test_erases_the_user_and_nothing_else(
    any_store: RollupStore,
    lake: DeltaTables,
    reader: DuckDBReader,
    storage: LakeStorage,
    clock: ManualClock,
    acting: Acting,
):
    await store_all(any_store, lake, [*users_events(), *others_events()])
    received = {day: await count_received(any_store, ORG, day) for day in months()}
    asked = await request_erasure(any_store, acting(), ORG, USER)
    done = await work(any_store, lake, clock)

    assert (asked.status, done.status) == (QUEUED, DONE)
    assert (done.events, done.days, done.copies_outside) == (123, 3, COPIES_OUTSIDE)
    assert done.lake_files >= 3
    assert done.verified_at
    await assert_like_a_world_without(any_store, others_events())
    assert await stored_keys(reader, ORG) == sorted(one.key for one in others_events())
    assert files_with(Path(storage.root), "brien") == []
    assert {day: await count_received(any_store, ORG, day) for day in months()} == received


def months():
    return [ManualClock().moment.date(), ManualClock().moment.date().replace(month=4)]


async def test_the_audit_log_and_the_job_contain_only_the_hash(
    any_store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(any_store, lake, users_events(3))
    asked = await request_erasure(any_store, acting(), ORG, USER)
    entries = await any_store.find(AuditEntry, ORG)
    assert (await subjects(any_store))[0].user_id == USER
    done = await work(any_store, lake, clock)

    assert [(one.action, one.target) for one in entries] == [("user.erase", asked.user_id_hash)]
    assert USER not in repr([entries, asked, done, await any_store.find(AuditEntry, ORG)])
    assert await subjects(any_store) == []


async def test_nothing_is_deleted_before_other_processes_refuse_the_user(
    store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(store, lake, users_events(3))
    await request_erasure(store, acting(), ORG, USER)
    await Eraser(store, lake, clock).work()
    clock.forward(seconds=SETTLE.total_seconds() - 1)
    await Eraser(store, lake, clock).work()

    [erasure] = await list_erasures(store, ORG)
    assert (erasure.status, erasure.events) == (RUNNING, 0)
    assert len(await store.page(query(user_id=USER), after=None, limit=99)) == 6


async def test_files_are_kept_for_running_readers(
    store: RollupStore,
    lake: DeltaTables,
    reader: DuckDBReader,
    storage: LakeStorage,
    clock: ManualClock,
    acting: Acting,
):
    await store_all(store, lake, [*users_events(3), *others_events()])
    before = await reader.snapshot(ORG)
    await request_erasure(store, acting(), ORG, USER)
    erasure = await work(store, lake, clock, Waits())

    assert erasure.status == RUNNING
    assert await stored_keys(reader, ORG) == sorted(one.key for one in others_events())
    assert all(are_files(files) for files in before.files.values())
    clock.forward(seconds=READER_GRACE.total_seconds())
    await Eraser(store, lake, clock, waits=NO_WAITS).work()
    [erasure] = await list_erasures(store, ORG)
    assert erasure.status == DONE
    assert files_with(Path(storage.root), "brien") == []


async def test_a_repeated_request_returns_the_same_receipt(
    any_store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(any_store, lake, users_events(3))
    asked = await request_erasure(any_store, acting(), ORG, USER)
    assert await request_erasure(any_store, acting(), ORG, USER) == asked
    done = await work(any_store, lake, clock)

    assert await request_erasure(any_store, acting(), ORG, USER) == done
    assert await find_erasure(any_store, ORG, asked.erasure_id) == done
    assert await subjects(any_store) == []
    stored = await any_store.read(Organization, ORG)
    assert stored
    assert stored.record.erasures == 1


async def test_hashes_differ_between_organisations(
    store: RollupStore, lake: DeltaTables, acting: Acting
):
    await store_all(store, lake, [])
    await put(store, Organization(OTHER, "Globex", "pro", "2026-01-01"))
    mine = await request_erasure(store, acting(), ORG, USER)
    theirs = await request_erasure(store, acting(), OTHER, USER)

    assert mine.user_id_hash != theirs.user_id_hash


async def test_dead_letters_of_the_user_are_deleted(
    any_store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(any_store, lake, [])
    mine = DeadLetter(ORG, "2026-03-01", "a", "broken", {"nested": [{"user_id": USER}]})
    other = DeadLetter(ORG, "2026-03-01", "b", "broken", {"user_id": USER + "x"})
    for letter in (mine, other):
        await any_store.create(letter)
    await request_erasure(any_store, acting(), ORG, USER)
    await work(any_store, lake, clock)

    assert list(await any_store.find(DeadLetter, ORG)) == [other]


async def test_a_sketch_that_lacks_users_is_rebuilt_without_the_user(
    store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(store, lake, [*users_events(3), *others_events()])
    pending = await store.pending(ORG, "2026-03-01", limit=1)
    number = pending.rollup.number + 1
    lacking = replace(pending.rollup, number=number, users_missing=number)
    await store.fold(lacking, version=pending.version, deltas=[])
    await request_erasure(store, acting(), ORG, USER)
    await work(store, lake, clock)

    await assert_like_a_world_without(store, others_events())


async def test_a_rollup_that_lacks_events_is_counted_again(
    store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(store, lake, [*users_events(5), *others_events()])
    pending = await store.pending(ORG, "2026-03-01", limit=1)
    wrong = replace(pending.rollup, number=pending.rollup.number + 1, counts={"type-0": 1})
    await store.fold(wrong, version=pending.version, deltas=[])
    await request_erasure(store, acting(), ORG, USER)
    await work(store, lake, clock)

    await assert_like_a_world_without(store, others_events())


async def test_without_a_lake_only_the_store_is_erased(
    store: RollupStore, lake: DeltaTables, clock: ManualClock, acting: Acting
):
    await store_all(store, lake, [*users_events(3), *others_events()])
    await request_erasure(store, acting(), ORG, USER)
    done = await work(store, None, clock, Waits())

    assert (done.status, done.events, done.lake_files) == (DONE, 6, 0)


async def test_no_file_contains_the_user_after_the_erasure(
    settings: Settings, acting: Acting, clock: ManualClock
):
    """Search the raw bytes of the emulator's file, its log and the lake."""
    emulator = Emulator(settings.data_dir / "cosmos.db")
    lake = DeltaTables(LakeStorage.in_folder(settings.data_dir / "lake"))
    async with open_emulated(settings, emulator) as store:
        await store_all(store, lake, [*users_events(500), *others_events()])
        found = await store.page(query(user_id=USER), after=None, limit=9)
        await store.move_to_dead_letters(
            DeadLetter(ORG, "2026-03-01", "a", "broken", {"user_id": USER, "n": len(found)})
        )
        await request_erasure(store, acting(), ORG, USER)
        assert files_with(settings.data_dir, "ada@x.example")
        done = await work(store, lake, clock)

        assert done.status == DONE
        assert files_with(settings.data_dir, "ada@x.example") == []
    emulator.close()
    assert files_with(settings.data_dir, "ada@x.example") == []


async def test_the_receipt_counts_exactly_what_was_deleted(
    any_store: RollupStore,
    lake: DeltaTables,
    reader: DuckDBReader,
    clock: ManualClock,
    acting: Acting,
):
    mine = users_events(150)
    await store_all(any_store, lake, [*mine[:90], *others_events()])
    await store_all(any_store, lake, mine[90:])  # so that a day has two files
    letters = [
        DeadLetter(ORG, day, "a", "broken", {"user_id": user_id})
        for day, user_id in (("2026-03-01", USER), ("2026-03-02", USER), ("2026-03-03", "another"))
    ]
    for letter in letters:
        await any_store.create(letter)
    files = chain.from_iterable((await reader.snapshot(ORG)).files.values())
    with_user = [file for file in files if USER in set(read_parquet(file)["user_id"])]
    await request_erasure(any_store, acting(), ORG, USER)
    receipt = receipt_of(await work(any_store, lake, clock))

    assert receipt.events_deleted == len(mine)
    assert receipt.days_touched == len({one.day for one in mine})
    assert receipt.dead_letters_deleted == 2
    assert receipt.lake_files_rewritten == len(with_user) > 3
    assert list(await any_store.find(DeadLetter, ORG)) == letters[2:]
