"""The archiver writes every event of the store into the lake once, whatever fails."""

import asyncio
import shutil
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from api.domain.events import DayBatch, Event
from api.domain.reference import Organization
from api.domain.rollups import Checkpoint, DeadLetter
from api.lake import tables
from api.lake.protocol import Keep, LakeUnavailable
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services import stored_events
from api.services.archive import (
    ARCHIVER,
    UNARCHIVED,
    Archiver,
    archive_day,
    archive_noted_days,
    catch_up,
)
from api.services.background import kept_current
from api.services.backoff import PROMPT_RETRIES
from api.services.erasure_jobs import Eraser
from api.services.lake_checks import DayDifference, compare_days
from api.services.lake_upkeep import compact_all
from api.services.rollups import catch_up as fold
from api.stores.cosmos_events import event_document, event_of
from api.stores.protocol import RollupStore, Throttled
from api.stores.signals import read_events
from tests.contract.samples import append, event
from tests.crash.crash_points import WatchedStore
from tests.lake.samples import stored_keys
from tests.support import ManualClock

ORG = "org_acme"
EVER = ("0001-01-01", "9999-12-31")


class FaultyLake(DeltaTables):
    """Tables that can't be written for these organisations."""

    def __init__(self, storage: LakeStorage, *broken: str) -> None:
        super().__init__(storage)
        self.broken = set(broken)

    async def append(
        self, org_id: str, events: Collection[Event], *, keep: Keep | None = None
    ) -> int:
        if org_id in self.broken:
            raise LakeUnavailable("broken")
        return await super().append(org_id, events, keep=keep)


@pytest.fixture
def storage(tmp_path: Path) -> LakeStorage:
    return LakeStorage.in_folder(tmp_path / "lake")


@pytest.fixture
def lake(storage: LakeStorage) -> DeltaTables:
    return DeltaTables(storage)


@pytest.fixture
def reader(storage: LakeStorage) -> DuckDBReader:
    return DuckDBReader(storage)


def keys(*some: Event) -> list[str]:
    return sorted(one.key for one in some)


async def test_every_event_is_in_the_lake(
    any_store: RollupStore, lake: DeltaTables, reader: DuckDBReader
):
    acme, globex = [event(n) for n in range(5)], [event(n, org="org_globex") for n in range(3)]
    await append(any_store, acme)
    await append(any_store, globex)
    await catch_up(any_store, lake)
    late = [event(9, day=2)]
    await append(any_store, late)
    await catch_up(any_store, lake)

    assert await stored_keys(reader, ORG) == keys(*acme, *late)
    assert await stored_keys(reader, "org_globex") == keys(*globex)


async def test_a_feed_that_is_read_again_adds_nothing(
    store: RollupStore, lake: DeltaTables, reader: DuckDBReader
):
    some = [event(n) for n in range(5)]
    await append(store, some)
    for _ in range(3):
        await catch_up(store, lake)
        await store.delete(Checkpoint, ARCHIVER)

    assert await stored_keys(reader, ORG) == keys(*some)


async def test_a_deleted_lake_is_built_again(
    store: RollupStore, storage: LakeStorage, lake: DeltaTables, reader: DuckDBReader
):
    some = [event(n) for n in range(5)]
    await append(store, some)
    await catch_up(store, lake)
    shutil.rmtree(storage.root)
    await catch_up(store, lake)

    assert await stored_keys(reader, ORG) == keys(*some)


async def test_a_fault_at_any_moment_loses_and_duplicates_nothing(
    store: RollupStore, storage: LakeStorage, reader: DuckDBReader
):
    """Let each call of the store and of the lake fail once, before and after its effect."""
    left = 0

    async def reach(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Throttled(1)

    class WatchedLake(DeltaTables):
        async def append(
            self, org_id: str, events: Collection[Event], *, keep: Keep | None = None
        ) -> int:
            await reach("before")
            added = await super().append(org_id, events, keep=keep)
            await reach("after")
            return added

    watched, lake = WatchedStore(store, reach), WatchedLake(storage)
    everything: list[Event] = []
    for moment in count(1):
        some = [event(moment * 10 + n, day=n + 1) for n in range(3)]
        everything += some
        await append(store, some)
        left = moment
        with suppress(Throttled):
            await catch_up(watched, lake)
        was_reached = left <= 0
        left = 0
        await catch_up(watched, lake)
        assert await stored_keys(reader, ORG) == keys(*everything)
        if not was_reached:
            break
    assert moment > 6


async def test_two_archivers_at_once_store_each_event_once(
    store: RollupStore, storage: LakeStorage, reader: DuckDBReader
):
    some = [event(n) for n in range(60)]
    await append(store, some)
    await asyncio.gather(
        *(catch_up(store, DeltaTables(storage)) for _ in range(3)), return_exceptions=True
    )
    await catch_up(store, DeltaTables(storage))

    assert await stored_keys(reader, ORG) == keys(*some)


async def test_an_organisation_that_fails_does_not_delay_the_others(
    store: RollupStore, storage: LakeStorage, reader: DuckDBReader
):
    lake = FaultyLake(storage, ORG)
    mine, theirs = [event(n) for n in range(3)], [event(n, org="org_globex") for n in range(3)]
    await append(store, mine)
    await append(store, theirs)
    archiver = Archiver(store, lake)
    for _ in range(PROMPT_RETRIES):
        with pytest.raises(LakeUnavailable):
            await archiver.archive_next(None)
        assert await stored_keys(reader, "org_globex") == keys(*theirs)

    checkpoint, _ = await archiver.archive_next(None)
    assert checkpoint.record.position
    assert await store.read(Checkpoint, UNARCHIVED.name)
    assert await stored_keys(reader, ORG) == []

    lake.broken.clear()
    await archive_noted_days(store, lake)
    assert await stored_keys(reader, ORG) == keys(*mine)


def test_a_malformed_event_becomes_a_dead_letter():
    documents = [
        event_document(one, DayBatch(ORG, one.day, [one], None))
        for one in (event(1), replace(event(2), user_id=7), replace(event(3), properties=[]))
    ]
    broken = {**documents[0], "id": "2026-13-01T00:00:00.000000Z~e"}
    found = read_events([*documents, broken, {"type": "delta"}], event_of)

    assert (list(found.events), len(found.unreadable), found.count) == ([event(1)], 3, 5)


async def test_compact_all_joins_the_files_of_every_organisation(
    store: RollupStore, lake: DeltaTables, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tables, "SMALL_FILES_MAX", 1)
    await store.create(Organization(ORG, "Acme", "pro", "2026-01-01"))
    for n in range(3):
        await lake.append(ORG, [event(n)])

    assert await compact_all(store, lake) == {ORG: 3}


async def differences(store: RollupStore, reader: DuckDBReader) -> Sequence[DayDifference]:
    return (await compare_days(store, reader, ORG, *EVER)).differences


class TestCompareDays:
    async def test_finds_days_and_types_that_differ(
        self, store: RollupStore, lake: DeltaTables, reader: DuckDBReader
    ):
        some = [event(n, day=d) for n in range(3) for d in (1, 2)]
        await append(store, some)
        await fold(store)
        await catch_up(store, lake)
        assert await differences(store, reader) == []

        lost, other = some[0], replace(event(77, day=5), event_type="only_in_the_lake")

        async def without_one() -> Collection[Event]:
            return [one for one in some if one.day == lost.day and one is not lost]

        await lake.replace_day(ORG, lost.day, without_one)
        await lake.append(ORG, [other])

        assert await differences(store, reader) == [
            DayDifference(lost.day, "", 3, 2),
            DayDifference(lost.day, lost.event_type, 1, 0),
            DayDifference(other.day, "", 0, 1),
            DayDifference(other.day, "only_in_the_lake", 0, 1),
        ]
        for day in (lost.day, other.day):
            await archive_day(store, lake, ORG, day)
        assert await differences(store, reader) == []


async def test_reads_a_day_in_pages(
    store: RollupStore, lake: DeltaTables, reader: DuckDBReader, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stored_events, "EVENTS_PER_PAGE", 2)
    some = [event(n) for n in range(5)]
    await append(store, some)

    assert await archive_day(store, lake, ORG, some[0].day) == 5
    assert await stored_keys(reader, ORG) == keys(*some)


async def test_a_table_that_cannot_be_compacted_does_not_stop_the_archiver(
    store: RollupStore, storage: LakeStorage, reader: DuckDBReader, clock: ManualClock
):
    class DamagedLake(DeltaTables):
        async def compact(self, org_id: str, **_: object) -> int:
            raise LakeUnavailable(f"{org_id} is damaged")

    await store.create(Organization(ORG, "Acme", "pro", "2026-01-01"))
    async with kept_current(Eraser(store, DamagedLake(storage), clock)):
        await asyncio.sleep(0)
        for number in range(2):  # the second event arrives after the failure
            await append(store, [event(number)])
            while len(await stored_keys(reader, ORG)) <= number:  # noqa: ASYNC110 - a file changes
                await asyncio.sleep(0.05)


async def test_many_organisations_that_fail_do_not_delay_the_others(
    store: RollupStore, storage: LakeStorage, reader: DuckDBReader, caplog: pytest.LogCaptureFixture
):
    broken = [f"org_{number:02}" for number in range(40)]
    archiver = Archiver(store, FaultyLake(storage, *broken))
    mine = event(1, org="org_zz")
    for _ in range(PROMPT_RETRIES):
        with pytest.raises(LakeUnavailable):
            await archiver.archive([event(1, org=org) for org in broken])
    await archiver.archive([*(event(1, org=org) for org in broken), mine])

    assert await stored_keys(reader, "org_zz") == keys(mine)
    noted = await store.read(Checkpoint, UNARCHIVED.name)
    assert noted
    assert all(org in noted.record.position for org in broken)
    assert "broken" in str([vars(record)["fields"] for record in caplog.records])


async def test_a_dead_letter_that_cannot_be_stored_does_not_delay_events(
    store: RollupStore, storage: LakeStorage, reader: DuckDBReader, monkeypatch: pytest.MonkeyPatch
):
    async def fail(_: DeadLetter) -> None:
        raise Throttled(1)

    monkeypatch.setattr(store, "move_to_dead_letters", fail)
    letter = DeadLetter(ORG, "2026-03-01", "x", "it is malformed", {"id": "x"})
    with pytest.raises(Throttled):
        await Archiver(store, DeltaTables(storage)).archive([event(1)], [letter])

    assert await stored_keys(reader, ORG) == keys(event(1))


async def test_noted_days_of_a_deleted_lake_do_not_hide_the_other_events(
    store: RollupStore, storage: LakeStorage, lake: DeltaTables, reader: DuckDBReader
):
    mine, theirs = event(1), event(1, org="org_globex")
    await append(store, [mine, theirs])
    await catch_up(store, lake)
    await UNARCHIVED.add(store, [(ORG, mine.day)])
    shutil.rmtree(storage.root)
    await catch_up(store, lake)

    assert await stored_keys(reader, "org_globex") == keys(theirs)
