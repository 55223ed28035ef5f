"""`analytics recount`: the rollups of an organisation's days against the events they stand for."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import out, rows_progress
from api.cli.own_store import open_own_store
from api.domain.reference import Organization
from api.domain.times import parse_date
from api.services.recount import DayRecount, find_days, mend_day, recount_day, rehash_day
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
    rehash: Annotated[
        bool,
        typer.Option(
            "--rehash", help="Hash users again where that was done with another secret, or not all."
        ),
    ] = False,
) -> None:
    """Count every day's events again and compare them with its rollup: counts and users.

    Opens the store itself, as the settings name it: locally no server may be running on the same
    data; elsewhere it runs beside everything, at any time. Stopped, start it again.

    Exit code 0: all right, or mended; 1: something differs or lacks users; 2: it could not be done.
    """
    settings, repair = Settings.from_environment(), Repair(mend=mend, rehash=rehash)
    if asyncio.run(recount(settings, org or [], first, last, repair)):
        raise typer.Exit(DIFFERENT)


@dataclass(frozen=True, slots=True)
class Repair:
    """What to repair of what is found. Mending hashes users again too."""

    mend: bool
    rehash: bool


async def recount(
    settings: Settings, org_ids: Sequence[str], first: str, last: str, repair: Repair
) -> bool:
    """Whether something differs, or lacks users, and was not repaired."""
    async with open_own_store(settings) as store:
        org_ids = org_ids or [one.org_id for one in await store.find(Organization, None)]
        wrong = list[DayRecount]()
        for org_id in org_ids:
            days = await find_days(store, org_id, first, last)
            recounts = _recounts(store, org_id, days, repair)
            wrong += [one async for one in recounts if one.differences or one.lacks_users]
    if any(one.differences for one in wrong):
        out.print(_table(wrong))
    return bool(wrong) and not repair.mend


async def _recounts(
    store: RollupStore, org_id: str, days: Sequence[str], repair: Repair
) -> AsyncGenerator[DayRecount]:
    """Each day as it was found."""
    total = _Total()
    with rows_progress() as bar:
        task = bar.add_task(org_id, total=len(days), rows=0, resumed=0)
        for day in days:
            if repair.rehash:
                total.rehashed += await rehash_day(store, org_id, day)
            found = await (mend_day if repair.mend else recount_day)(store, org_id, day)
            total.add(found)
            bar.update(task, advance=1, rows=total.events)
            yield found
    out.print(f"{org_id}: {total.summary(repair)}", soft_wrap=True)


@dataclass(slots=True)
class _Total:
    """What was found on the days of an organisation."""

    days: int = 0
    events: int = 0
    different: int = 0
    waiting: int = 0
    lacking_users: int = 0
    rehashed: int = 0

    def add(self, found: DayRecount) -> None:
        self.days += 1
        self.events += found.events
        self.different += bool(found.differences)
        self.waiting += found.waits
        self.lacking_users += found.lacks_users

    def summary(self, repair: Repair) -> str:
        if not self.days:
            return "no days to count"
        done = "mended" if repair.mend else "run it with --mend"
        verdict = f"{self.different:,} of them differed: {done}" if self.different else "all right"
        parts = [f"{self.days:,} days, {self.events:,} events, {verdict}"]
        if self.rehashed:
            parts.append(f"the users of {self.rehashed:,} days were hashed again")
        if self.lacking_users:
            done = "hashed again" if repair.mend else "run it with --rehash"
            parts.append(f"{self.lacking_users:,} days lacked users: {done}")
        if self.waiting and not repair.mend:
            parts.append(f"{self.waiting:,} days wait to be folded or projected")
        return "; ".join(parts)


def _table(recounts: Sequence[DayRecount]) -> Table:
    table = Table("organisation", "day", "what", "stored", "events say", box=None)
    for one in recounts:
        for found in one.differences:
            day = (one.counted.org_id, one.counted.day)
            table.add_row(*day, found.what, f"{found.stored:,}", f"{found.counted:,}")
    return table
