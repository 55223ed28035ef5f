"""Steps of ingest and fold at which tests kill or pause a process."""

from collections import Counter
from collections.abc import Awaitable, Callable

from api.domain.events import DayBatch
from api.domain.idempotency import IdempotencyRecord
from api.domain.rollups import Checkpoint, DayCounts, Rollup
from api.services.rollups import FEED_READER

STEPS = {
    ("create", IdempotencyRecord): "record",
    ("append", DayBatch): "batch",
    ("replace", IdempotencyRecord): "completion",
    ("fold", Rollup): "fold",
    ("create", DayCounts): "projection",
    ("replace", DayCounts): "projection",
    ("create", Checkpoint): "checkpoint",
    ("replace", Checkpoint): "checkpoint",
}


def step_of(method: str, record: object) -> str:
    if isinstance(record, Checkpoint) and record.name != FEED_READER:
        return "marker"  # position in the list of days to rebuild
    return STEPS.get((method, type(record)), method)


class WatchedStore:
    """A store that reports each moment, such as "after batch 2" for the second successful batch."""

    def __init__(self, store, reach: Callable[[str], Awaitable[None]]) -> None:
        self._store = store
        self.sole_process = store.sole_process
        self._reach = reach
        self._counts = Counter()
        self.user_keys, self.now = store.user_keys, store.now

    def __getattr__(self, method: str):
        async def call(*arguments, **named):
            step = step_of(method, arguments[0] if arguments else None)
            await self._count(f"before {step}")
            result = await getattr(self._store, method)(*arguments, **named)
            await self._count(f"after {step}")
            return result

        return call

    async def _count(self, moment: str) -> None:
        self._counts[moment] += 1
        await self._reach(f"{moment} {self._counts[moment]}")
