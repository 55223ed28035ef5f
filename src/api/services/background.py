"""Background work of a server process. In the cloud, serverless functions do this work."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from api.domain.retention import FOREVER
from api.services.alert_checks import AlertChecker, keep_checking
from api.services.archive import run_archiver
from api.services.erasure_jobs import ALONE, Eraser, keep_erasing
from api.services.expired_days import keep_expiring
from api.services.lake_upkeep import keep_maintaining
from api.services.rebuilds import keep_rebuilding
from api.services.rollups import run_rollup_worker
from api.services.unfinished_acts import keep_finishing


@asynccontextmanager
async def kept_current(
    eraser: Eraser,
    checker: AlertChecker | None = None,
    events_days: int = FOREVER,
    lake_days: int = FOREVER,
) -> AsyncGenerator[None]:
    """Keep the rollups and the lake current, and do other background work until the block ends.

    The eraser has the store, the lake and the clock that this process uses. The checker is None in
    a process that doesn't read the lake. Also remove events from
    the store and the lake that are older than these numbers of days.
    """
    store, lake, now = eraser.store, eraser.lake, eraser.now
    if store.sole_process:
        eraser = replace(eraser, waits=ALONE)
    work = [
        run_rollup_worker(store),
        keep_rebuilding(store),
        keep_finishing(store, now),
        keep_erasing(eraser),
        keep_expiring(store, events_days),
    ]
    if checker:
        work.append(keep_checking(checker))
    if lake:
        work += [run_archiver(store, lake), keep_maintaining(store, lake, lake_days)]
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
