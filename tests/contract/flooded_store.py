"""A store whose folds, projections and checkpoints can fail for chosen organisations."""

import asyncio
from collections.abc import Sequence

from api.domain.rollups import Checkpoint, DayCounts, Delta, Rollup
from api.services.fold_passes import TURNS_PER_PASS
from api.services.rollups import catch_up
from api.stores.protocol import RollupStore, Throttled
from tests.contract.samples import OTHER, append, event

HOSTILE = "org_acme"  # sorts before OTHER
DAYS = TURNS_PER_PASS + 2
ALL_DAYS = {"first": "0001-01-01", "last": "9999-12-31"}


class WatchedStore:
    """A store that records which organisations' days are folded and fails for chosen ones."""

    def __init__(self, store: RollupStore) -> None:
        self._store = store
        self.folded: list[str] = []
        self.tried: list[str] = []
        self.failing_folds: set[str] = set()
        self.failing_projections: set[str] = set()
        self.fails_to_write_checkpoint = False
        self.listings = 0
        self.is_paging = asyncio.Event()
        self.pages_wait: asyncio.Event | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def fold(
        self,
        rollup: Rollup,
        *,
        version: str | None,
        deltas: Sequence[Delta],
        erased: Sequence[str] = (),
    ) -> None:
        self.tried.append(rollup.org_id)
        if rollup.org_id in self.failing_folds:
            raise Throttled(1)
        await self._store.fold(rollup, version=version, deltas=deltas, erased=erased)
        self.folded.append(rollup.org_id)

    async def find(self, *kind: object, **options: object) -> object:
        self.listings += 1
        return await self._store.find(*kind, **options)

    async def page(self, *query: object, **options: object) -> object:
        self.is_paging.set()
        if self.pages_wait:
            await self.pages_wait.wait()
        return await self._store.page(*query, **options)

    async def create[R](self, record: R) -> object:
        self._refuse(record)
        return await self._store.create(record)

    async def replace[R](self, record: R, *, version: str) -> object:
        self._refuse(record)
        return await self._store.replace(record, version=version)

    def _refuse(self, record: object) -> None:
        if isinstance(record, DayCounts) and record.org_id in self.failing_projections:
            raise Throttled(1)
        if isinstance(record, Checkpoint) and self.fails_to_write_checkpoint:
            raise Throttled(1)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def flood(store: RollupStore) -> WatchedStore:
    """Return a store where one organisation has many days to fold and another has one."""
    await append(store, [event(n, day=n + 1, org=HOSTILE) for n in range(DAYS)])
    await append(store, [event(1, org=OTHER)])
    return WatchedStore(store)


async def total(store: RollupStore, org_id: str) -> int:
    days = await store.find(DayCounts, org_id, **ALL_DAYS)
    return sum(sum(day.counts.values()) for day in days)


async def assert_exact(store: WatchedStore) -> None:
    store.failing_folds.clear()
    store.failing_projections.clear()
    await catch_up(store)

    assert (await total(store, HOSTILE), await total(store, OTHER)) == (DAYS, 1)
    assert await store.unfolded() == set()
