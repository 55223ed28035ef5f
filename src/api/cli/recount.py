"""`analytics recount`: the rollups of an organisation's days against the events they stand for."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import out, rows_progress
from api.cli.own_store import open_own_store
from api.domain.reference import Organization
from api.domain.times import parse_date
from api.services.recount import DayRecount, find_days, mend_day, recount_day
from api.settings import Settings
from api.stores.protocol import RollupStore

DIFFERENT = 1  # the exit code
_EVER = ("0001-01-01", "9999-12-31")


def a_date(text: str) -> str:
    try:
        return parse_date(text).isoformat()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def recount_command(
    org: Annotated[
        list[str] | None, typer.Option(help="Only this organisation; may be repeated.")
    ] = None,
    first: Annotated[
        str, typer.Option("--from", help="First day.", callback=a_date, show_default=False)
    ] = _EVER[0],
    last: Annotated[
        str, typer.Option("--to", help="Last day, included.", callback=a_date, show_default=False)
    ] = _EVER[1],
    mend: Annotated[bool, typer.Option("--mend", help="Repair what differs.")] = False,
) -> None:
    """Count every day's events again and compare them with its rollup: counts and users.

    Opens the store itself, as the settings name it: locally no server may be running on the same
    data; elsewhere it runs beside everything, at any time. Stopped, start it again.

    Exit code 0: all right, or mended; 1: something differs; 2: it could not be done.
    """
    if asyncio.run(recount(Settings.from_environment(), org or [], first, last, mend=mend)):
        raise typer.Exit(DIFFERENT)


async def recount(
    settings: Settings, org_ids: Sequence[str], first: str, last: str, *, mend: bool
) -> bool:
    """Whether something differs and was not mended."""
    async with open_own_store(settings) as store:
        org_ids = org_ids or [one.org_id for one in await store.find(Organization, None)]
        wrong = list[DayRecount]()
        for org_id in org_ids:
            days = await find_days(store, org_id, first, last)
            recounts = _recounts(store, org_id, days, mend=mend)
            wrong += [one async for one in recounts if one.differences]
    if wrong:
        out.print(_table(wrong))
    return bool(wrong) and not mend


async def _recounts(
    store: RollupStore, org_id: str, days: Sequence[str], *, mend: bool
) -> AsyncGenerator[DayRecount]:
    """Each day as it was found."""
    events = waiting = wrong = 0
    with rows_progress() as bar:
        task = bar.add_task(org_id, total=len(days), rows=0, resumed=0)
        for day in days:
            found = await (mend_day if mend else recount_day)(store, org_id, day)
            events, waiting = events + found.events, waiting + found.waits
            wrong += bool(found.differences)
            bar.update(task, advance=1, rows=events)
            yield found
    out.print(_summary(org_id, len(days), events, wrong, waiting, mend=mend), soft_wrap=True)


def _summary(org_id: str, days: int, events: int, wrong: int, waiting: int, *, mend: bool) -> str:
    if not days:
        return f"{org_id}: no days to count"
    done = "mended" if mend else "run it with --mend"
    verdict = f"{wrong:,} of them differed: {done}" if wrong else "all right"
    text = f"{org_id}: {days:,} days, {events:,} events, {verdict}"
    return (
        f"{text}; {waiting:,} days wait to be folded or projected" if waiting and not mend else text
    )


def _table(recounts: Sequence[DayRecount]) -> Table:
    table = Table("organisation", "day", "what", "stored", "events say", box=None)
    for one in recounts:
        for found in one.differences:
            day = (one.counted.org_id, one.counted.day)
            table.add_row(*day, found.what, f"{found.stored:,}", f"{found.counted:,}")
    return table
