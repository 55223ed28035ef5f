"""The workload of `archive_events`, which writes to a lake in a local folder."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from api.domain.events import DayBatch, Event
from api.domain.rollups import DeadLetter
from api.lake.protocol import Keep, LakeUnavailable
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services.archive import Archiver
from api.services.backoff import PROMPT_RETRIES
from api.services.lake_upkeep import maintain_lake
from api.stores.protocol import NewEvents
from tests.functions.erasure_workload import erase_in_lake
from tests.functions.interrupted_acts import erase_user

if TYPE_CHECKING:
    from tests.functions.function_workloads import Function

ORG, DAYS = "org_acme", ("2026-03-09", "2026-03-10")


class FaultyLake(DeltaTables):
    """Tables to which no events can be appended inside `with lake.failing()`."""

    is_failing = False

    @contextmanager
    def failing(self) -> Iterator[None]:
        self.is_failing = True
        yield
        self.is_failing = False

    async def append(
        self, org_id: str, events: Collection[Event], *, keep: Keep | None = None
    ) -> int:
        if self.is_failing:
            raise LakeUnavailable("broken")
        return await super().append(org_id, events, keep=keep)


async def archive_events(function: "Function") -> None:
    """Archive events and a malformed one, then note days that fail, and sweep them."""
    storage = LakeStorage.in_folder(function.settings.data_dir / "lake")
    lake = FaultyLake(storage)
    archiver = Archiver(function.store, lake)
    # On AWS, Lambda itself reads the stream.
    feed = function.store if function.admin_database else function.admin
    for day in DAYS:
        event = Event(ORG, "e", "seen", "u", f"{day}T00:00:00.000000Z", {})
        await function.admin.append(DayBatch(ORG, day, [event], None))
        await _fail_until_noted(archiver, lake, await feed.new_events(None, limit=100))
    malformed = DeadLetter(ORG, DAYS[0], "x", "its user_id isn't text", {"id": "x"})
    await archiver.archive([], [malformed])
    await maintain_lake(function.store, lake)

    assert (await DuckDBReader(storage).snapshot(ORG)).counts == dict.fromkeys(DAYS, 1)
    assert len(await function.admin.find(DeadLetter, ORG)) == 1
    await erase_user(function, ORG, "erased")
    new = Event(ORG, "new", "seen", "u", f"{DAYS[0]}T00:00:00.000000Z", {})
    await archiver.archive([new, replace(new, event_id="late", user_id="erased")])
    assert (await DuckDBReader(storage).snapshot(ORG)).counts == {DAYS[0]: 2, DAYS[1]: 1}
    await erase_in_lake(function, lake, ORG, "u")
    assert not (await DuckDBReader(storage).snapshot(ORG)).counts


async def _fail_until_noted(archiver: Archiver, lake: FaultyLake, found: NewEvents) -> None:
    with lake.failing():
        for _ in range(PROMPT_RETRIES):
            with suppress(LakeUnavailable):
                await archiver.archive(found.events)
        await archiver.archive(found.events)
