"""The processing of the change feed in a function, which all hosts share."""

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
    """A processor of changed documents. If it raises an exception, the host delivers them again."""

    def __init__(self, settings: Settings) -> None:
        self._store = OpenOnce(lambda: open_store(settings))
        self._queue = FoldQueue()
        self._rebuilds = BackOff[tuple[str, str]]()

    async def apply(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Process these changed documents. Safe to repeat."""
        async with _measured():
            await apply_changes(await self._store(), read_signals(documents), self._queue)

    async def sweep(self) -> None:
        """Fold deltas whose change was lost, rebuild days whose sketch lacks users, finish acts."""
        async with _measured():
            store = await self._store()
            try:
                await sweep(store, self._queue)
            finally:  # a day that can't be folded must not prevent the rebuild of other days
                await rebuild_outdated(store, self._rebuilds)
                await finish_intents(store, system_clock())


@asynccontextmanager
async def _measured() -> AsyncGenerator[None]:
    try:
        with telemetry.quiet():
            yield
    finally:
        await telemetry.flush()
