"""Helpers of the administrative commands: the store, the operator, confirmation and output."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import uuid4

import orjson
import typer
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from api.cli.console import out
from api.cli.errors import Failure
from api.cli.options import valid_org_id
from api.cli.own_store import open_own_store
from api.dependencies import system_clock
from api.domain.field_patterns import EMAIL
from api.domain.reference import Actor
from api.errors import ApiError
from api.services.acts import Context
from api.services.audit_log import AuditQuery, read_audit_log
from api.services.input_checks import check_user_id
from api.services.member_records import find_user_id
from api.services.members import adopt_organization
from api.services.unfinished_acts import GRACE, finish_intents
from api.settings import Settings
from api.stores.protocol import RollupStore, Store

REFUSED = 1  # the exit code if the act was refused; nothing was changed
_REFUSALS = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}

OrgId = Annotated[
    str,
    typer.Argument(metavar="ORG", help="Organisation, such as org_acme.", callback=valid_org_id),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")]


def administer[R](work: Callable[[RollupStore, Context], Awaitable[R]], org_id: str = "") -> R:
    """Open the store that the settings name and run `work` in it as the operator.

    Administrative acts that a crash interrupted are completed or withdrawn first. If an earlier
    version stored the organisation `org_id`, its owners are recorded and its members are indexed.
    Raises Failure if the store can't be opened, or if `work` is refused.
    """

    async def run() -> R:
        async with _opened(Settings.from_environment(serves=False)) as store:
            if org_id:
                await adopt_organization(store, org_id)
            return await work(store, _context())

    try:
        return asyncio.run(run())
    except ApiError as error:
        if error.status not in _REFUSALS:
            raise
        raise Failure(error.detail, REFUSED) from error


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[RollupStore]:
    async with open_own_store(settings) as store:
        # No other process can have the local store open, so no act in it is in progress.
        grace = timedelta() if store.sole_process else GRACE
        await finish_intents(store, system_clock(), grace=grace)
        yield store


def _context() -> Context:
    return Context(Actor("operator", operator_name()), system_clock(), lambda: uuid4().hex)


async def resolve_user_id(store: Store, user: str, *, is_new: bool = False) -> str:
    """Return the id of the stored user whose id or e-mail address is `user`, or else `user` itself.

    Raises Failure if `user` is the e-mail address of no stored user, unless `is_new` says that
    `user` is the id of a new user. Raises ApiError `invalid_parameter` for an invalid user id.
    """
    if user_id := await find_user_id(store, user):
        return user_id
    check_user_id(user)
    if re.search(EMAIL, user) and not is_new:
        raise Failure(
            f"No stored user has the e-mail {user}. Pass the user id (the `sub` of the ID token). "
            f"If {user} is the user id, add the member with `member add` and --email.",
            REFUSED,
        )
    return user


def operator_name() -> str:
    """Return the name of the operating-system user, or the user's number if it has no name."""
    if sys.platform == "win32":
        return os.getlogin()
    import pwd  # noqa: PLC0415 - only on POSIX

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def confirm(question: str, *, yes: bool) -> None:
    """Ask the operator to confirm, unless `yes` is true.

    Raises Failure if the operator declines, or if there is no terminal.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure("Pass --yes to confirm this without a terminal.")
    if not typer.confirm(question):
        raise Failure("Nothing was changed.", REFUSED)


def show_result(
    sentence: str, result: str, values: Mapping[str, Any], *, as_json: bool = False
) -> None:
    """Print what an act did: `sentence` or, as JSON, `result` and `values`."""
    if as_json:
        print_json({"result": result, **values})
    else:
        out.print(Text(sentence), soft_wrap=True)


def show_rows(
    columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, as_json: bool = False
) -> None:
    """Print a table that has one line per row, however long, or a JSON list of objects."""
    rows = list(rows)
    if as_json:
        print_json(rows)
    else:
        PrintedTable(columns).add(rows)


class PrintedTable:
    """A table that is printed in parts. Wide cells also widen the columns of all later parts."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._widths = [0] * len(columns)
        self._lines: list[Sequence[str]] = [columns]

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Print the rows. The first call also prints the names of the columns."""
        lines = [*self._lines, *([_cell(row[column]) for column in self._columns] for row in rows)]
        self._lines = []
        sizes = zip(
            self._widths, *([cell_len(cell) for cell in line] for line in lines), strict=True
        )
        self._widths = [max(size) for size in sizes]
        for line in lines:
            cells = map(set_cell_size, line, self._widths)
            out.print(Text("  ".join(cells).rstrip()), soft_wrap=True)


def print_json(value: object) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case list() | tuple():
            return ", ".join(str(one) for one in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return orjson.dumps(value).decode()


async def was_done(store: Store, org_id: str, action: str, target: str) -> bool:
    """Return whether the audit log contains this act. If so, repeating the act isn't an error."""
    async with aclosing(read_audit_log(store, AuditQuery(org_id, action=action))) as entries:
        async for entry in entries:
            if entry.target == target:
                return True
    return False
