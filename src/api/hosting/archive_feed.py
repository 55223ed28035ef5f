"""The reader of the change feed that writes new events into the event lake."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

from api.backends import lake_writer, open_lake, open_store
from api.dependencies import system_clock
from api.errors import ConfigurationError
from api.hosting.feed import Document, EventOf, measured, run_all
from api.hosting.opening import OpenOnce
from api.lake.protocol import LakeWriter
from api.services.archive import Archiver
from api.services.erasure_jobs import Eraser
from api.services.lake_upkeep import maintain_lake
from api.settings import Settings
from api.stores.protocol import RollupStore
from api.stores.signals import read_events


class ArchiveFeed:
    """A processor of changed documents that archives the events among them."""

    def __init__(self, settings: Settings, event_of: EventOf) -> None:
        self.start = OpenOnce(lambda: _opened(settings))
        self._event_of = event_of
        self._retention_days = settings.lake_retention_days

    async def apply(self, documents: Iterable[Document]) -> None:
        async with measured():
            _, _, archiver = await self.start()
            found = read_events(documents, self._event_of)
            await archiver.archive(found.events, found.unreadable)

    async def sweep(self) -> None:
        """Replace the days whose events could not be archived, remove old days, and compact.

        Also delete the archived events of users who are erased.
        """
        async with measured():
            store, lake, _ = await self.start()
            eraser = Eraser(store, lake, system_clock, deletes_events=False)
            await run_all(eraser.work, lambda: maintain_lake(store, lake, self._retention_days))


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[tuple[RollupStore, LakeWriter, Archiver]]:
    async with open_store(settings) as store, open_lake(settings) as storage:
        if storage is None:
            raise ConfigurationError("ANALYTICS_LAKE_URL is missing, so events can't be archived.")
        lake = lake_writer(storage)
        yield store, lake, Archiver(store, lake)
