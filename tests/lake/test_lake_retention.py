"""Frozen days keep their events in the lake, and days beyond the lake's retention are removed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.domain.events import DayBatch, Event
from api.domain.reference import Organization
from api.domain.retention import Retention
from api.lake.protocol import Statement
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services.archive import Archiver, archive_day, catch_up
from api.services.erasures import request_erasure
from api.services.lake_checks import compare_days
from api.services.lake_upkeep import maintain_lake
from api.services.organizations import put
from api.services.rollups import catch_up as fold
from api.stores.protocol import RollupStore
from tests.contract.acts import Acting
from tests.contract.samples import ORG, event
from tests.contract.test_expired_days import expire
from tests.lake.samples import an_event, stored_keys
from tests.support import ManualClock

DAY, OTHER_DAY = "2026-03-01", "2026-03-04"
FROZEN = datetime(2026, 4, 2, tzinfo=UTC)
EVER = ("0001-01-01", "9999-12-31")
_COUNT = Statement("SELECT count(*) FROM events")


@pytest.fixture
def storage(tmp_path: Path) -> LakeStorage:
    return LakeStorage.in_folder(tmp_path / "lake")


@pytest.fixture
def lake(storage: LakeStorage) -> DeltaTables:
    return DeltaTables(storage)


@pytest.fixture
def reader(storage: LakeStorage) -> DuckDBReader:
    return DuckDBReader(storage)


def keys(events: Sequence[Event]) -> list[str]:
    return sorted(one.key for one in events)


def files_of(storage: LakeStorage, day: str) -> list[Path]:
    return list(Path(storage.table(ORG)).glob(f"day={day}/*"))


async def store_events(store: RollupStore, events: Sequence[Event], days: int = 30) -> None:
    for one in events:
        frozen_from = Retention(days).frozen_from(one.day)
        await store.append(DayBatch(ORG, one.day, [one], None, frozen_from=frozen_from))
    await fold(store)


EVENTS = [event(n) for n in range(4)]
OTHERS = [event(n, day=4) for n in range(2)]


@pytest.fixture
async def archived(any_store: RollupStore, lake: DeltaTables) -> RollupStore:
    await put(any_store, Organization(ORG, "Acme", "pro", "2026-01-01"))
    await store_events(any_store, [*EVENTS, *OTHERS])
    await catch_up(any_store, lake)
    return any_store


class TestFrozenDays:
    async def test_expired_events_stay_in_the_lake(
        self, archived: RollupStore, lake: DeltaTables, reader: DuckDBReader, clock: ManualClock
    ):
        await expire(archived, clock)
        await catch_up(archived, lake)  # the stream of DynamoDB contains the deletions
        await fold(archived)

        assert await stored_keys(reader, ORG) == keys([*EVENTS, *OTHERS])
        found = await compare_days(archived, reader, ORG, *EVER)
        assert (found.days, found.differences, found.frozen) == (2, [], 0)

    async def test_a_day_is_replaced_until_it_is_frozen_and_then_only_completed(
        self, archived: RollupStore, lake: DeltaTables, reader: DuckDBReader, clock: ManualClock
    ):
        async def nothing() -> list[Event]:
            return []

        clock.moment = FROZEN
        await lake.replace_day(ORG, DAY, nothing)
        await lake.append(ORG, [event(99)])
        await archive_day(archived, lake, ORG, DAY)

        assert await stored_keys(reader, ORG) == keys([*EVENTS, event(99), *OTHERS])
        await expire(archived, clock)
        assert await archive_day(archived, lake, ORG, DAY) == 0
        assert await stored_keys(reader, ORG) == keys([*EVENTS, event(99), *OTHERS])

    async def test_a_frozen_day_is_completed_without_erased_users(
        self, archived: RollupStore, lake: DeltaTables, reader: DuckDBReader, clock: ManualClock
    ):
        await request_erasure(archived, Acting(clock)(), ORG, "user-1")
        clock.moment = FROZEN
        await lake.erase_user(ORG, "user-1")
        await archive_day(archived, lake, ORG, DAY)

        left = [one for one in [*EVENTS, *OTHERS] if one.user_id != "user-1"]
        assert await stored_keys(reader, ORG) == keys(left)

    async def test_a_day_that_is_frozen_while_it_is_read_is_not_replaced(
        self, archived: RollupStore, lake: DeltaTables, reader: DuckDBReader, clock: ManualClock
    ):
        class Freezing:
            """A store whose day is frozen, and has lost events, when it is read."""

            def __getattr__(self, name: str) -> Any:
                return getattr(archived, name)

            async def page(self, *query: Any, **options: Any) -> Sequence[Event]:
                clock.moment = FROZEN
                return (await archived.page(*query, **options))[:1]

        await archive_day(Freezing(), lake, ORG, DAY)  # pyright: ignore[reportArgumentType]

        assert await stored_keys(reader, ORG) == keys([*EVENTS, *OTHERS])

    async def test_differences_of_frozen_days_are_counted_and_not_reported(
        self, archived: RollupStore, lake: DeltaTables, reader: DuckDBReader, clock: ManualClock
    ):
        await lake.erase_user(ORG, "user-1")
        before = await compare_days(archived, reader, ORG, *EVER)
        clock.moment = FROZEN
        found = await compare_days(archived, reader, ORG, *EVER)

        assert {one.day for one in before.differences} == {DAY, OTHER_DAY}
        assert {one.day for one in found.differences} == {OTHER_DAY}
        assert found.frozen == 1


class TestOldDays:
    async def test_only_earlier_days_are_removed_and_running_queries_are_not_disturbed(
        self, lake: DeltaTables, reader: DuckDBReader, storage: LakeStorage
    ):
        days = ["2025-12-31", "2026-01-01", "2026-01-02"]
        events = [an_event(n, day=day, org_id=ORG) for day in days for n in range(3)]
        await lake.append(ORG, events)
        snapshot = await DuckDBReader(storage).snapshot(ORG)
        await lake.compact(ORG, first_day="2026-01-01")
        await lake.vacuum(ORG, older_than_hours=24)

        assert sorted((await reader.snapshot(ORG)).files) == days[1:]
        assert await stored_keys(reader, ORG) == keys(events[3:])
        [(count,)] = await reader.query(snapshot, _COUNT, first_day="", last_day="9")
        assert count == 9
        await lake.vacuum(ORG, older_than_hours=0)
        assert not files_of(storage, days[0])

    async def test_without_old_days_nothing_is_written(
        self, lake: DeltaTables, reader: DuckDBReader
    ):
        await lake.append(ORG, [an_event(1, day=DAY, org_id=ORG)])
        version = (await reader.snapshot(ORG)).version
        for first_day in ("", DAY):
            await lake.compact(ORG, first_day=first_day)

        assert (await reader.snapshot(ORG)).version == version

    async def test_the_maintenance_removes_days_by_the_clock_of_the_store(
        self, archived: RollupStore, lake: DeltaTables, reader: DuckDBReader, clock: ManualClock
    ):
        clock.moment = datetime(2026, 4, 1, tzinfo=UTC)
        await maintain_lake(archived, lake, 31)
        kept = await stored_keys(reader, ORG)
        await maintain_lake(archived, lake, 30)

        assert kept == keys([*EVENTS, *OTHERS])
        assert await stored_keys(reader, ORG) == keys(OTHERS)

    async def test_a_late_event_of_a_removed_day_is_removed_again(
        self, archived: RollupStore, lake: DeltaTables, reader: DuckDBReader, clock: ManualClock
    ):
        clock.moment = datetime(2026, 4, 1, tzinfo=UTC)
        await maintain_lake(archived, lake, 30)
        await Archiver(archived, lake).archive([event(50)])
        await maintain_lake(archived, lake, 30)

        assert await stored_keys(reader, ORG) == keys(OTHERS)
