"""`analytics recount`: verify each day's rollup against the day's events."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import out, rows_progress
from api.cli.options import FirstDay, LastDay, Orgs, require_known
from api.cli.own_store import open_own_store
from api.domain.reference import Organization
from api.services.recount import DayRecount, find_days, recount_day, rehash_day, repair_day
from api.settings import Settings
from api.stores.protocol import RollupStore

DIFFERENT = 1  # the exit code if days differ from their events or lack users


def recount_command(
    org: Orgs = None,
    first: FirstDay = "",
    last: LastDay = "",
    repair: Annotated[
        bool, typer.Option("--repair", help="Repair the days that differ from their events.")
    ] = False,
    mend: Annotated[
        bool, typer.Option("--mend", help="Deprecated: use --repair.", hidden=True)
    ] = False,
    rehash: Annotated[
        bool,
        typer.Option(
            "--rehash", help="Hash users again if some are missing or hashed with another secret."
        ),
    ] = False,
) -> None:
    """Verify every day's rollup (counts and users) by counting the day's events again.

    The command opens the store that the settings name. Locally, no server may be running on the
    same data. In the cloud, the command can run at any time. If the command is interrupted, run it
    again.

    Frozen days, whose events have expired, aren't counted again.

    Exit code 0: all days are verified or repaired. Exit code 1: some days differ from their events
    or lack users. Exit code 2: the verification could not be completed.
    """
    settings = Settings.from_environment(serves=False)
    actions = Actions(repair=repair or mend, rehash=rehash)
    if asyncio.run(recount(settings, org or [], first, last, actions)):
        raise typer.Exit(DIFFERENT)


@dataclass(frozen=True, slots=True)
class Actions:
    """The changes that the command may make. A repair also hashes the day's users again."""

    repair: bool
    rehash: bool


async def recount(
    settings: Settings, org_ids: Sequence[str], first: str, last: str, actions: Actions
) -> bool:
    """Verify the days. Return whether any day still differs from its events or lacks users."""
    async with open_own_store(settings) as store:
        known = [one.org_id for one in await store.find(Organization, None)]
        require_known(org_ids, known)
        org_ids = org_ids or known
        wrong = list[DayRecount]()
        for org_id in org_ids:
            days = await find_days(store, org_id, first, last)
            recounts = _recounts(store, org_id, days, actions)
            wrong += [one async for one in recounts if one.differences or one.lacks_users]
    if any(one.differences for one in wrong):
        out.print(_table(wrong))
    return bool(wrong) and not actions.repair


async def _recounts(
    store: RollupStore, org_id: str, days: Sequence[str], actions: Actions
) -> AsyncGenerator[DayRecount]:
    """Recount each day, and yield its state before any repair.

    Repair it if `actions.repair` is true.
    """
    total = _Total()
    with rows_progress() as bar:
        task = bar.add_task(org_id, total=len(days), rows=0, resumed=0)
        for day in days:
            if actions.rehash:
                total.rehashed += await rehash_day(store, org_id, day)
            found = await (repair_day if actions.repair else recount_day)(store, org_id, day)
            total.add(found)
            bar.update(task, advance=1, rows=total.events)
            yield found
    out.print(f"{org_id}: {total.summary(actions)}", soft_wrap=True)


@dataclass(slots=True)
class _Total:
    """Totals of the verified days of an organisation."""

    days: int = 0
    events: int = 0
    different: int = 0
    waiting: int = 0
    frozen: int = 0
    lacking_users: int = 0
    rehashed: int = 0

    def add(self, found: DayRecount) -> None:
        self.days += 1
        self.events += found.events
        self.different += bool(found.differences)
        self.waiting += found.waits
        self.frozen += found.is_frozen
        self.lacking_users += found.lacks_users

    def summary(self, actions: Actions) -> str:
        if not self.days:
            return "no days to verify"
        done = "repaired" if actions.repair else "run it with --repair"
        verdict = f"{self.different:,} days differed: {done}" if self.different else "all verified"
        parts = [f"{self.days:,} days, {self.events:,} events, {verdict}"]
        if self.rehashed:
            parts.append(f"the users of {self.rehashed:,} days were hashed again")
        if self.lacking_users:
            done = "hashed again" if actions.repair else "run it with --rehash"
            parts.append(f"{self.lacking_users:,} days lacked users: {done}")
        if self.frozen:
            parts.append(f"{self.frozen:,} days are frozen, because their events have expired")
        if self.waiting and not actions.repair:
            parts.append(f"{self.waiting:,} days have a pending fold or projection")
        return "; ".join(parts)


def _table(recounts: Sequence[DayRecount]) -> Table:
    table = Table("organisation", "day", "what", "stored", "counted", box=None)
    for one in recounts:
        for found in one.differences:
            day = (one.counted.org_id, one.counted.day)
            table.add_row(*day, found.what, f"{found.stored:,}", f"{found.counted:,}")
    return table
