"""`analytics audit-log`: the administrative acts of an organisation."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any

import orjson
import typer

from api.cli.administration import AsJson, OrgId, PrintedTable, administer
from api.cli.console import err
from api.cli.options import parsed
from api.domain.ranges import parse_end, parse_start
from api.domain.reference import AuditEntry
from api.domain.times import format_timestamp
from api.services.acts import Context
from api.services.audit_log import END, PAGE_LIMIT, AuditQuery, read_audit_log
from api.services.organization_records import find_organization
from api.stores.protocol import Store

COLUMNS = ("at", "actor", "action", "target", "details")
LIMIT = 50
_ENTRY_ID = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{15}Z~[!-~]{1,100}", re.ASCII)


def an_entry_id(text: str) -> str:
    """Return the text. Raises ValueError for text that can't be the id of an audit entry."""
    if not _ENTRY_ID.fullmatch(text):
        raise ValueError("must be the entry_id of an act, as --json prints it")
    return text


def audit_log_command(  # noqa: PLR0913, PLR0917 - a command's options
    org: OrgId,
    limit: Annotated[int, typer.Option(min=1, help="Largest number of acts to show.")] = LIMIT,
    every: Annotated[bool, typer.Option("--all", help="Show all acts, without a limit.")] = False,
    actor: Annotated[
        str, typer.Option(help="Only acts of this operator or user id.", show_default=False)
    ] = "",
    action: Annotated[
        str, typer.Option(help="Only this action, such as member.add.", show_default=False)
    ] = "",
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            help="First date or RFC 3339 time.",
            metavar="TIME",
            parser=parsed(parse_start),
        ),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option(
            "--to", help="Last date or time, included.", metavar="TIME", parser=parsed(parse_end)
        ),
    ] = None,
    cursor: Annotated[
        str | None,
        typer.Option(
            help="Continue after this act: the cursor that the previous listing printed.",
            parser=parsed(an_entry_id),
            metavar="ENTRY_ID",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List who did what in an organisation, newest first. Acts are kept for 400 days."""
    since = format_timestamp(first) if first else ""
    until = format_timestamp(last) if last else END
    query = AuditQuery(org, since, until, actor, action)
    listing = _Listing(None if every else limit)

    async def show(store: Store, _: Context) -> None:
        await find_organization(store, org)
        async with aclosing(read_audit_log(store, query, before=cursor or END)) as entries:
            await (listing.print_json if as_json else listing.print_table)(entries)

    administer(show)
    if listing.next_cursor:
        more = f"More acts: repeat the command with --cursor {listing.next_cursor}"
        err.print(more, soft_wrap=True)


class _Listing:
    """A listing of up to `limit` acts. `next_cursor` is empty unless there are more acts."""

    def __init__(self, limit: int | None) -> None:
        self.next_cursor = ""
        self._limit = limit

    async def print_table(self, entries: AsyncGenerator[AuditEntry]) -> None:
        table, part = PrintedTable(COLUMNS), list[dict[str, Any]]()
        async for row in self._rows(entries):
            part.append(row)
            if len(part) == PAGE_LIMIT:
                table.add(part)
                part.clear()
        table.add(part)

    async def print_json(self, entries: AsyncGenerator[AuditEntry]) -> None:
        """Print a JSON list, one object per line."""
        separator = "[\n"
        async for row in self._rows(entries):
            typer.echo(separator + orjson.dumps(row).decode(), nl=False)
            separator = ",\n"
        typer.echo("[]" if separator == "[\n" else "\n]")

    async def _rows(self, entries: AsyncGenerator[AuditEntry]) -> AsyncGenerator[dict[str, Any]]:
        count, last = 0, ""
        async for entry in entries:
            if count == self._limit:
                self.next_cursor = last
                return
            count, last = count + 1, entry.entry_id
            yield _row(entry)


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "actor": f"{entry.actor_type} {entry.actor_id}",
        "action": entry.action,
        "target": entry.target,
        "details": dict(entry.details),
        "request_id": entry.request_id,
        "entry_id": entry.entry_id,
    }
