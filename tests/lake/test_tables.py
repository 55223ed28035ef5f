"""The tables hold every event once, however often and by however many processes it is written."""

import asyncio
import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.domain.events import PUBLIC, Event
from api.lake import tables as tables_module
from api.lake.protocol import LakeUnavailable
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage, encode_name
from api.lake.tables import DeltaTables
from tests.lake.samples import ORG, an_event, events, stored_keys


@pytest.fixture
def reader(storage: LakeStorage) -> DuckDBReader:
    return DuckDBReader(storage)


async def test_an_event_that_is_appended_again_is_stored_once(
    tables: DeltaTables, reader: DuckDBReader
):
    some = events(50)

    assert await tables.append(ORG, some) == 50
    assert await tables.append(ORG, [*some, *events(10, first=50)]) == 10
    for event in some[::7]:  # the statistics of a file have only milliseconds
        assert await tables.append(ORG, [event]) == 0
    assert await stored_keys(reader) == sorted(event.key for event in events(60))


async def test_an_event_that_is_twice_in_a_batch_is_stored_once(tables: DeltaTables):
    assert await tables.append(ORG, [*events(3), *events(3)]) == 3


async def test_the_source_belongs_to_the_identity(tables: DeltaTables, reader: DuckDBReader):
    both = [an_event(1), an_event(1, source=PUBLIC)]

    assert await tables.append(ORG, both) == 2
    assert await stored_keys(reader) == sorted(event.key for event in both)


async def test_a_late_event_is_in_its_own_day(tables: DeltaTables, reader: DuckDBReader):
    await tables.append(ORG, [*events(5), *events(2, day="2026-01-01")])

    snapshot = await reader.snapshot(ORG)
    assert snapshot.counts == {"2026-01-01": 2, "2026-03-10": 5}
    assert sorted(snapshot.files) == ["2026-01-01", "2026-03-10"]


async def test_no_events_make_no_table(tables: DeltaTables, reader: DuckDBReader):
    assert await tables.append(ORG, []) == 0
    assert (await reader.snapshot(ORG)).version == -1
    assert await stored_keys(reader) == []


async def test_events_that_are_stored_already_make_no_version(
    tables: DeltaTables, reader: DuckDBReader
):
    await tables.append(ORG, events(3))
    before = (await reader.snapshot(ORG)).version
    await tables.append(ORG, events(3))

    assert (await reader.snapshot(ORG)).version == before


async def test_concurrent_processes_append_every_event_once(
    storage: LakeStorage, reader: DuckDBReader
):
    processes = [DeltaTables(storage) for _ in range(4)]
    batches = [events(40, first=20 * number) for number in range(4)]

    added = await asyncio.gather(
        *(process.append(ORG, batch) for process, batch in zip(processes, batches, strict=True))
    )

    assert sum(added) == 100
    assert await stored_keys(reader) == sorted(event.key for event in events(100))


async def test_a_write_gives_up_after_many_conflicts(
    tables: DeltaTables, monkeypatch: pytest.MonkeyPatch
):
    await tables.append(ORG, events(1))
    monkeypatch.setattr(tables_module, "ATTEMPTS_MAX", 2)
    stale = await tables._open(ORG)
    await tables.append(ORG, events(2))

    async def open_stale(_: str) -> object:
        return stale

    monkeypatch.setattr(tables, "_open", open_stale)
    with pytest.raises(LakeUnavailable):
        await tables.append(ORG, events(3))


class TestCompact:
    async def test_joins_the_small_files_of_a_day(
        self, tables: DeltaTables, reader: DuckDBReader, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(tables_module, "SMALL_FILES_MAX", 3)
        for number in range(5):
            await tables.append(ORG, events(10, first=10 * number))
        await tables.append(ORG, events(1, day="2026-03-11"))
        before = await stored_keys(reader)

        assert await tables.compact(ORG) == 5
        snapshot = await reader.snapshot(ORG)
        assert {day: len(files) for day, files in snapshot.files.items()} == {
            "2026-03-10": 1,
            "2026-03-11": 1,
        }
        assert await stored_keys(reader) == before
        assert await tables.append(ORG, events(50)) == 0

    async def test_joins_all_files_of_an_ended_day_until_few_late_events_are_apart(
        self, tables: DeltaTables, reader: DuckDBReader
    ):
        for number in range(3):
            await tables.append(ORG, events(2000, first=2000 * number))
            await tables.append(ORG, events(1, day="2026-03-11", first=number))

        assert await tables.compact(ORG, ended_before="2026-03-11") == 3
        await tables.append(ORG, events(1, first=6000))
        assert await tables.compact(ORG, ended_before="2026-03-11") == 0
        await tables.append(ORG, events(2000, first=6001))
        assert await tables.compact(ORG, ended_before="2026-03-11") == 3

        snapshot = await reader.snapshot(ORG)
        assert {day: len(files) for day, files in snapshot.files.items()} == {
            "2026-03-10": 1,
            "2026-03-11": 3,
        }
        assert len(await stored_keys(reader)) == 8004

    async def test_does_nothing_without_a_table(self, tables: DeltaTables):
        assert await tables.compact(ORG) == 0

    async def test_does_not_lose_events_that_are_appended_meanwhile(
        self, storage: LakeStorage, reader: DuckDBReader, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(tables_module, "SMALL_FILES_MAX", 1)
        tables = DeltaTables(storage)
        for number in range(3):
            await tables.append(ORG, events(10, first=10 * number))

        await asyncio.gather(
            tables.compact(ORG), *(tables.append(ORG, events(5, first=28 + n)) for n in range(3))
        )

        assert await stored_keys(reader) == sorted(event.key for event in events(35))


class TestVacuum:
    async def test_deletes_the_files_of_old_versions(
        self, tables: DeltaTables, reader: DuckDBReader, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(tables_module, "SMALL_FILES_MAX", 1)
        for number in range(3):
            await tables.append(ORG, events(10, first=10 * number))
        await tables.compact(ORG)

        assert await tables.vacuum(ORG, older_than_hours=1) == 0
        assert await tables.vacuum(ORG, older_than_hours=0) == 3
        assert len(await stored_keys(reader)) == 30

    async def test_does_nothing_without_a_table(self, tables: DeltaTables):
        assert await tables.vacuum(ORG, older_than_hours=0) == 0


class TestReplaceDay:
    async def test_replaces_only_this_day(self, tables: DeltaTables, reader: DuckDBReader):
        await tables.append(ORG, [*events(5), *events(3, day="2026-03-11")])
        right = events(4, first=3)

        async def read() -> Collection[Event]:
            return right

        assert await tables.replace_day(ORG, "2026-03-10", read) == 4
        expected = [*right, *events(3, day="2026-03-11")]
        assert await stored_keys(reader) == sorted(event.key for event in expected)

    async def test_can_empty_a_day(self, tables: DeltaTables, reader: DuckDBReader):
        await tables.append(ORG, events(5))

        async def read() -> Collection[Event]:
            return []

        assert await tables.replace_day(ORG, "2026-03-10", read) == 0
        assert await stored_keys(reader) == []

    async def test_reads_again_if_the_archiver_appends_meanwhile(
        self, storage: LakeStorage, reader: DuckDBReader
    ):
        tables, archiver = DeltaTables(storage), DeltaTables(storage)
        await tables.append(ORG, events(2))
        store, reads = events(3), 0

        async def read() -> Collection[Event]:
            nonlocal reads
            reads += 1
            found = list(store)
            if reads == 1:
                store.append(an_event(9))
                await archiver.append(ORG, [an_event(9)])
            return found

        assert await tables.replace_day(ORG, "2026-03-10", read) == 4
        assert reads == 2
        assert await stored_keys(reader) == sorted(event.key for event in store)


async def test_the_log_contains_no_ids_and_no_properties(tmp_path: Path):
    """An erasure doesn't rewrite the log, and old entries of a quiet table are never deleted."""
    tables = DeltaTables(LakeStorage.in_folder(tmp_path))
    for number in range(25):  # more than a checkpoint
        mine = an_event(number, user_id="eve@acme.test", properties={"p": "secret"})
        await tables.append(ORG, [replace(mine, event_id=f"order-{number}")])
    await tables.replace_day(ORG, mine.day, read_one)
    await tables.compact(ORG)
    await tables.erase_user(ORG, "eve@acme.test")

    for file in tmp_path.rglob("_delta_log/*"):  # noqa: ASYNC240 - nothing else runs
        content = file.read_bytes()
        assert not re.search(rb"eve@|order-|secret", content), file


async def read_one() -> list[Event]:
    return [an_event(1, event_id="order-new", user_id="eve@acme.test")]


async def test_only_files_with_the_times_of_new_events_are_read(tmp_path: Path):
    """Damage the other file of the day: an append that read it would fail."""
    tables = DeltaTables(LakeStorage.in_folder(tmp_path))
    await tables.append(ORG, events(5))
    [file] = tmp_path.rglob("*.parquet")  # noqa: ASYNC240 - nothing else runs
    file.write_bytes(b"damaged")

    later = [replace(one, timestamp="2026-03-10T11:00:00.000000Z") for one in events(5)]
    assert await tables.append(ORG, later) == 5
    with pytest.raises(LakeUnavailable):
        await tables.append(ORG, events(1))


async def test_unreachable_storage_is_unavailable():
    async def credentials() -> dict[str, str]:
        keys = {"access_key_id": "x", "secret_access_key": "x"}
        return {"endpoint": "http://127.0.0.1:9", "region": "us-east-1", **keys}

    storage = LakeStorage("s3://lake", credentials, allows_http=True)
    with pytest.raises(LakeUnavailable):
        await DeltaTables(storage).append(ORG, events(1))
    with pytest.raises(LakeUnavailable):
        await DuckDBReader(storage).snapshot(ORG)


class TestEncodeName:
    @given(st.text(min_size=1), st.text(min_size=1))
    @settings(deadline=None)
    def test_different_ids_have_different_names_also_if_case_is_ignored(self, one: str, other: str):
        names = encode_name(one), encode_name(other)

        assert (names[0].lower() == names[1].lower()) == (one == other)
        assert all(name.isascii() and "/" not in name and name.strip(".") for name in names)

    def test_usual_ids_are_readable(self):
        assert encode_name("org_acme") == "org_acme"


class TestEraseUser:
    USER = "o'brien\\'; --"

    async def test_only_the_events_of_the_user_disappear(
        self, tables: DeltaTables, storage: LakeStorage
    ):
        mine = [an_event(n, user_id=self.USER) for n in (100, 101)]
        alone = an_event(102, day="2026-03-11", user_id=self.USER)
        await tables.append(ORG, [*events(5), *mine, alone])

        assert await tables.erase_user(ORG, self.USER) == 2
        assert await tables.erase_user(ORG, self.USER) == 0
        assert await tables.vacuum(ORG, older_than_hours=0, untracked=True) == 2
        assert await stored_keys(DuckDBReader(storage)) == [one.key for one in events(5)]
        assert await tables.append(ORG, events(6)) == 1

    async def test_a_missing_table_has_no_events_of_the_user(self, tables: DeltaTables):
        assert await tables.erase_user(ORG, self.USER) == 0
        assert await tables.vacuum(ORG, older_than_hours=0, untracked=True) == 0

    async def test_events_that_keep_refuses_are_not_added(
        self, tables: DeltaTables, storage: LakeStorage
    ):
        async def keep(some: Collection[Event]) -> Collection[Event]:
            return [one for one in some if one.user_id != "user-1"]

        await tables.append(ORG, events(3), keep=keep)

        assert len(await stored_keys(DuckDBReader(storage))) == 2
