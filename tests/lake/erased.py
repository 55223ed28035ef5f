"""Sample data of a user to erase, the work on the erasure, and checks of its result."""

from collections.abc import Sequence
from itertools import batched
from pathlib import Path

import pytest

from api.domain.erasures import (
    Erasure,
    ErasureSubject,
)
from api.domain.events import DayBatch, Event
from api.domain.reference import Organization
from api.domain.rollups import DayCounts, DayUsers, users_id
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services.archive import catch_up
from api.services.erasure_jobs import NO_WAITS, SETTLE, Eraser, Waits
from api.services.erasures import list_erasures
from api.services.organizations import put
from api.services.recount import find_days, recount_day
from api.services.rollups import catch_up as fold
from api.services.sketches import estimate
from api.stores.protocol import RollupStore
from tests.contract.acts import Acting
from tests.contract.samples import ORG, event, query
from tests.support import ManualClock

USER = "o'brien\\ ada@x.example"
EVER = ("0001-01-01", "9999-12-31")
FILES_NOW = Waits(SETTLE, NO_WAITS.readers)  # files have real times, which the clock can't move


@pytest.fixture
def storage(tmp_path: Path) -> LakeStorage:
    return LakeStorage.in_folder(tmp_path / "lake")


@pytest.fixture
def lake(storage: LakeStorage) -> DeltaTables:
    return DeltaTables(storage)


@pytest.fixture
def reader(storage: LakeStorage) -> DuckDBReader:
    return DuckDBReader(storage)


@pytest.fixture
def acting(clock: ManualClock) -> Acting:
    return Acting(clock)


def users_events(many: int = 120) -> list[Event]:
    """Return events of the user: many on one day, some on others, and one that was late."""
    busy = [event(1000 + n, user_id=USER, event_type=f"type-{n % 4}") for n in range(many)]
    late = event(7, day=2, user_id=USER, received_at="2026-04-09T10:00:00.000000Z")
    return [*busy, late, event(8, day=3, user_id=USER), event(9, day=3, user_id=USER)]


def others_events() -> list[Event]:
    return [event(n, day=d) for d in (1, 2, 4) for n in range(6)]


async def store_all(store: RollupStore, lake: DeltaTables, events: Sequence[Event]) -> None:
    """Store the events in small batches, each with its delta, then fold and archive them."""
    await put(store, Organization(ORG, "Acme", "pro", "2026-01-01"))
    by_batch = sorted(events, key=lambda one: (one.day, one.received_on, one.key))
    for some in batched(by_batch, 50, strict=False):
        for day in sorted({(one.day, one.received_on) for one in some}):
            part = [one for one in some if (one.day, one.received_on) == day]
            await store.append(DayBatch(ORG, day[0], part, None))
    await fold(store)
    await catch_up(store, lake)


async def work(
    store: RollupStore, lake: DeltaTables | None, clock: ManualClock, waits: Waits = FILES_NOW
) -> Erasure:
    """Work on the only erasure before and after its wait."""
    eraser = Eraser(store, lake, clock, has_lake=lake is not None, waits=waits)
    await eraser.work()
    clock.forward(seconds=SETTLE.total_seconds())
    await eraser.work()
    [erasure] = await list_erasures(store, ORG)
    return erasure


async def assert_like_a_world_without(store: RollupStore, left: Sequence[Event]) -> None:
    """Check that events, rollups and projections are those of these events only."""
    found = await store.page(query(ascending=True), after=None, limit=1000)
    assert [one.key for one in found] == sorted(one.key for one in left)
    for day in await find_days(store, ORG, *EVER):
        mine = [one for one in left if one.day == day]
        recount = await recount_day(store, ORG, day)
        assert not recount.differences
        assert not recount.waits
        assert not recount.lacks_users
        counts = await store.read(DayCounts, ORG, day)
        users = await store.read(DayUsers, ORG, users_id(day))
        assert counts
        assert users
        assert counts.record.total == len(mine)
        assert estimate(users.record.sketch) == len({one.user_id for one in mine})


async def subjects(store: RollupStore) -> Sequence[ErasureSubject]:
    return await store.find(ErasureSubject, ORG, first="subject~", last="subject~\uffff")


def files_with(folder: Path, text: str) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if text.encode() in path.read_bytes()]
