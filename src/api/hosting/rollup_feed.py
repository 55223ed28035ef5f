"""The reader of the change feed that keeps the rollups current."""

from collections.abc import Iterable

from api.backends import open_store
from api.dependencies import system_clock
from api.hosting.feed import Document, measured, run_all
from api.hosting.opening import OpenOnce
from api.services.backoff import BackOff
from api.services.erasure_jobs import Eraser
from api.services.expired_days import Expiry
from api.services.fold_queue import FoldQueue
from api.services.rebuilds import rebuild_outdated
from api.services.rollups import apply_changes, sweep
from api.services.unfinished_acts import PurgeTimes, finish_intents
from api.settings import Settings
from api.stores.signals import read_signals


class RollupFeed:
    """A processor of changed documents: it folds deltas into rollups, and rollups into metrics."""

    def __init__(self, settings: Settings) -> None:
        self.start = OpenOnce(lambda: open_store(settings))
        self._has_lake = settings.has_lake
        self._queue = FoldQueue()
        self._rebuilds = BackOff[tuple[str, str]]()
        self._purges = PurgeTimes()
        self._expiry = Expiry(settings.events_retention_days)

    async def apply(self, documents: Iterable[Document]) -> None:
        async with measured():
            await apply_changes(await self.start(), read_signals(documents), self._queue)

    async def sweep(self) -> None:
        """Fold deltas that the change feed did not deliver, and do other delayed work.

        Rebuild the rollups of days whose sketch lacks users, finish interrupted administrative
        acts, and delete the stored events of erased users and those that expire.
        """
        async with measured():
            store, now = await self.start(), system_clock()
            await run_all(
                lambda: sweep(store, self._queue),
                lambda: rebuild_outdated(store, self._rebuilds),
                lambda: finish_intents(store, now, purges=self._purges.is_due(now)),
                lambda: self._expiry.run(store),
                Eraser(store, None, system_clock, self._has_lake).work,
            )
