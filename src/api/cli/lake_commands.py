"""`analytics lake`: verify, rebuild and compact the event lake."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import typer
from rich.table import Table

from api.cli.console import out, rows_progress
from api.cli.errors import Failure
from api.cli.options import FirstDay, LastDay, Orgs, require_known
from api.cli.own_store import open_own_store
from api.domain.reference import Organization
from api.domain.retention import first_kept_day
from api.lake.protocol import LakeReader, LakeUnavailable, LakeWriter
from api.services.archive import archive_day, read_position
from api.services.archive import catch_up as archive_new_events
from api.services.frozen_days import is_day_frozen
from api.services.lake_checks import DayDifference, compare_days, find_lake_days
from api.services.lake_upkeep import compact_all
from api.settings import Settings
from api.stores.protocol import RollupStore

DIFFERENT = 1  # the exit code if the lake differs from the rollups


@dataclass(frozen=True, slots=True)
class _Opened:
    store: RollupStore
    writer: LakeWriter
    reader: LakeReader
    org_ids: Sequence[str]
    first_day: str  # the earliest day that the lake keeps


def verify_command(org: Orgs = None, first: FirstDay = "", last: LastDay = "") -> None:
    """Compare the number of events per day and type in the lake with the rollups.

    Every difference is shown. Locally, the command first counts and archives the events that the
    last server had not processed when it stopped. In the cloud, events of the last minute may not
    be in the lake yet. Frozen days, whose events may have left the store, are allowed to differ.

    Exit code 0: nothing differs. Exit code 1: some days differ. Exit code 2: an organisation's
    table could not be read.
    """

    async def verify(opened: _Opened, org_id: str) -> bool:
        start = max(first, opened.first_day)
        found = await compare_days(opened.store, opened.reader, org_id, start, last)
        different = len({one.day for one in found.differences})
        verdict = f"{different:,} days differ" if different else "all verified"
        summary = f"{found.days:,} days, {found.events:,} events, {verdict}"
        if found.frozen:
            summary += f"; {found.frozen:,} days are frozen and differ"
        out.print(f"{org_id}: {summary if found.days else 'no days to verify'}", soft_wrap=True)
        if different:
            out.print(_table(found.differences))
        return bool(different)

    async def verify_all() -> bool:
        async with _open(org) as opened:
            if opened.store.sole_process:
                await _catch_up(opened)
            return any(await _each(opened, verify))

    if asyncio.run(verify_all()):
        out.print("`analytics lake rebuild` replaces these days with the events of the store.")
        raise typer.Exit(DIFFERENT)


def rebuild_command(org: Orgs = None, first: FirstDay = "", last: LastDay = "") -> None:
    """Replace days of the lake with the events of the store. Run it again if it is interrupted.

    Readers see the old or the new events of a day, never a part of them. Events of frozen days,
    which may have left the store, are not removed from the lake.
    """

    async def rebuild(opened: _Opened, org_id: str) -> None:
        start = max(first, opened.first_day)
        days = await find_lake_days(opened.store, opened.reader, org_id, start, last)
        await _rebuild(opened, org_id, days)

    async def rebuild_all() -> None:
        async with _open(org) as opened:
            await read_position(opened.store, opened.writer)  # before the lake exists again
            await _each(opened, rebuild)

    asyncio.run(rebuild_all())


async def _each[R](opened: _Opened, work: Callable[[_Opened, str], Awaitable[R]]) -> Sequence[R]:
    """Return the results of the work on each organisation.

    If tables can't be read, the other organisations are still processed. Raises Failure at the end.
    """
    results: list[R] = []
    unreadable: list[str] = []
    for org_id in opened.org_ids:
        try:
            results.append(await work(opened, org_id))
        except LakeUnavailable as error:
            unreadable.append(f"{org_id}: the table can't be read: {error.reason}")
    if unreadable:
        raise Failure(
            "; ".join(unreadable),
            hint="`analytics lake rebuild` replaces damaged files. If the folder _delta_log of a "
            "table is damaged, delete the table's folder first.",
        )
    return results


async def _catch_up(opened: _Opened) -> None:
    """Process what a server would process after its start."""
    from api.services.rollups import catch_up as fold_deltas  # noqa: PLC0415 - imports numpy

    await fold_deltas(opened.store)
    with suppress(LakeUnavailable):  # the verification shows which tables can't be read
        await archive_new_events(opened.store, opened.writer)


async def _rebuild(opened: _Opened, org_id: str, days: Sequence[str]) -> None:
    events = frozen = 0
    with rows_progress() as bar:
        task = bar.add_task(org_id, total=len(days), rows=0, resumed=0)
        for day in days:
            frozen += await is_day_frozen(opened.store, org_id, day)
            events += await archive_day(opened.store, opened.writer, org_id, day)
            bar.update(task, advance=1, rows=events)
    summary = f"{len(days):,} days, {events:,} events"
    if frozen:
        summary += f"; {frozen:,} days are frozen and keep their events"
    out.print(f"{org_id}: {summary}", soft_wrap=True)


def compact_command() -> None:
    """Join the small files of every table, remove old days, and delete unused files."""

    async def compact() -> None:
        async with _open(None) as opened:
            joined = await compact_all(
                opened.store, opened.writer, first_day=opened.first_day, untracked=True
            )
        for org_id, files in joined.items():
            out.print(f"{org_id}: {files:,} files joined", soft_wrap=True)

    asyncio.run(compact())


@asynccontextmanager
async def _open(org_ids: Sequence[str] | None) -> AsyncGenerator[_Opened]:
    """Open the store and the lake that the settings name."""
    from api.backends import lake_reader, lake_writer, open_lake  # noqa: PLC0415 - slow to import

    settings = Settings.from_environment(serves=False)
    async with open_own_store(settings) as store, open_lake(settings) as storage:
        if storage is None:
            raise Failure("There is no event lake. Set ANALYTICS_LAKE_URL.")
        known = [one.org_id for one in await store.find(Organization, None)]
        require_known(org_ids or [], known)
        first_day = first_kept_day(settings.lake_retention_days, store.now())
        writer, reader = lake_writer(storage), lake_reader(storage)
        yield _Opened(store, writer, reader, org_ids or known, first_day)


def _table(differences: Sequence[DayDifference]) -> Table:
    table = Table("day", "event type", "rollup", "lake", box=None)
    for one in differences:
        name = one.event_type or "all events"
        table.add_row(one.day, name, f"{one.rollup:,}", f"{one.lake:,}")
    return table
