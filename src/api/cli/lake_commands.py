"""`analytics lake`: verify, rebuild and compact the event lake."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import typer
from rich.table import Table

from api.cli.console import out, rows_progress
from api.cli.errors import Failure
from api.cli.options import FirstDay, LastDay, Orgs, require_known
from api.cli.own_store import open_own_store
from api.domain.reference import Organization
from api.lake.protocol import LakeReader, LakeWriter
from api.services.archive import archive_day, compact_all
from api.services.archive import catch_up as archive_new_events
from api.services.lake_checks import DayDifference, compare_days, find_lake_days
from api.settings import Settings
from api.stores.protocol import RollupStore

DIFFERENT = 1  # the exit code if the lake differs from the rollups


@dataclass(frozen=True, slots=True)
class _Opened:
    store: RollupStore
    writer: LakeWriter
    reader: LakeReader
    org_ids: Sequence[str]


def verify_command(org: Orgs = None, first: FirstDay = "", last: LastDay = "") -> None:
    """Compare the number of events per day and type in the lake with the rollups.

    Every difference is shown. Locally, the command first counts and archives the events that the
    last server had not processed when it stopped. In the cloud, events of the last minute may not
    be in the lake yet.

    Exit code 0: nothing differs. Exit code 1: some days differ. Exit code 2: the lake could not be
    verified.
    """

    async def verify() -> bool:
        differs = False
        async with _open(org) as opened:
            if opened.store.sole_process:
                await _catch_up(opened)
            for org_id in opened.org_ids:
                found = await compare_days(opened.store, opened.reader, org_id, first, last)
                days = len({one.day for one in found})
                out.print(f"{org_id}: " + (f"{days:,} days differ" if days else "all verified"))
                if found:
                    out.print(_table(found))
                    differs = True
        return differs

    if asyncio.run(verify()):
        out.print("`analytics lake rebuild` replaces these days with the events of the store.")
        raise typer.Exit(DIFFERENT)


def rebuild_command(org: Orgs = None, first: FirstDay = "", last: LastDay = "") -> None:
    """Replace days of the lake with the events of the store. Run it again if it is interrupted.

    Readers see the old or the new events of a day, never a part of them.
    """

    async def rebuild() -> None:
        async with _open(org) as opened:
            for org_id in opened.org_ids:
                days = await find_lake_days(opened.store, opened.reader, org_id, first, last)
                await _rebuild(opened, org_id, days)

    asyncio.run(rebuild())


async def _catch_up(opened: _Opened) -> None:
    """Process what a server would process after its start."""
    from api.services.rollups import catch_up as fold_deltas  # noqa: PLC0415 - imports numpy

    await fold_deltas(opened.store)
    await archive_new_events(opened.store, opened.writer)


async def _rebuild(opened: _Opened, org_id: str, days: Sequence[str]) -> None:
    events = 0
    with rows_progress() as bar:
        task = bar.add_task(org_id, total=len(days), rows=0, resumed=0)
        for day in days:
            events += await archive_day(opened.store, opened.writer, org_id, day)
            bar.update(task, advance=1, rows=events)
    out.print(f"{org_id}: {len(days):,} days, {events:,} events", soft_wrap=True)


def compact_command() -> None:
    """Join the small files of every table, and delete files that are no longer used."""

    async def compact() -> None:
        async with _open(None) as opened:
            joined = await compact_all(opened.store, opened.writer)
        for org_id, files in joined.items():
            out.print(f"{org_id}: {files:,} files joined", soft_wrap=True)

    asyncio.run(compact())


@asynccontextmanager
async def _open(org_ids: Sequence[str] | None) -> AsyncGenerator[_Opened]:
    """Open the store and the lake that the settings name."""
    from api.app import lake_reader, lake_writer, open_lake  # noqa: PLC0415 - slow to import

    settings = Settings.from_environment()
    async with open_own_store(settings) as store, open_lake(settings) as storage:
        if storage is None:
            raise Failure("There is no event lake. Set ANALYTICS_LAKE_URL.")
        known = [one.org_id for one in await store.find(Organization, None)]
        require_known(org_ids or [], known)
        yield _Opened(store, lake_writer(storage), lake_reader(storage), org_ids or known)


def _table(differences: Sequence[DayDifference]) -> Table:
    table = Table("day", "event type", "rollup", "lake", box=None)
    for one in differences:
        name = one.event_type or "all events"
        table.add_row(one.day, name, f"{one.rollup:,}", f"{one.lake:,}")
    return table
