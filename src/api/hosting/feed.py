"""Process the change feed in a serverless function, in the same way on Azure and on Lambda."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from api import telemetry
from api.app import open_store
from api.dependencies import system_clock
from api.hosting.opening import OpenOnce
from api.services.backoff import BackOff
from api.services.fold_queue import FoldQueue
from api.services.rebuilds import rebuild_outdated
from api.services.rollups import apply_changes, sweep
from api.services.unfinished_acts import finish_intents
from api.settings import Settings
from api.stores.signals import read_signals


class RollupFeed:
    """A processor of changed documents.

    If the processor raises an exception, the host delivers the documents again.
    """

    def __init__(self, settings: Settings) -> None:
        self.start = OpenOnce(lambda: open_store(settings))
        self._queue = FoldQueue()
        self._rebuilds = BackOff[tuple[str, str]]()

    async def apply(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Process these changed documents. Safe to repeat."""
        async with _measured():
            await apply_changes(await self.start(), read_signals(documents), self._queue)

    async def sweep(self) -> None:
        """Fold deltas that the change feed did not deliver, and do other delayed work.

        Rebuild the rollups of days whose sketch lacks users, and finish interrupted administrative
        acts.
        """
        async with _measured():
            store = await self.start()
            try:
                await sweep(store, self._queue)
            finally:  # a failure of one kind of work must not prevent the others
                try:
                    await rebuild_outdated(store, self._rebuilds)
                finally:
                    await finish_intents(store, system_clock())


@asynccontextmanager
async def _measured() -> AsyncGenerator[None]:
    try:
        with telemetry.quiet():
            yield
    finally:
        await telemetry.flush()
