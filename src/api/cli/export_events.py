"""`analytics export`: copy an organisation's events to files or to PostgreSQL."""

import asyncio
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from api.cli.client import Client, explain, open_client, read_object
from api.cli.console import err, rows_progress
from api.cli.errors import INTERRUPTED, Failure, Permanent
from api.cli.export_file import STDOUT, Events, open_file
from api.cli.export_format import COLUMNS, Encoding, Format
from api.cli.export_journal import Progress
from api.cli.export_parquet import open_folder
from api.cli.export_postgres import open_postgres
from api.cli.keys import Keys, load_keys
from api.cli.options import DEFAULT_URL, Key, Org, Patience, Url
from api.cli.postgres import DSN_HELP
from api.cli.retry import PATIENCE_SECONDS
from api.domain.ranges import parse_moment_range
from api.domain.times import MIN_DAY, format_timestamp, parse_timestamp

PAGE_LIMIT = 200


class Target(Protocol):
    """The destination of an export. `started` is the progress of an earlier, unfinished run."""

    started: Progress | None
    takes_organizations: bool

    def write(self, events: Events, cursor: str | None, progress: Progress) -> Progress:
        """Store a page of events and the export's progress atomically."""
        ...

    def write_organizations(self, organizations: Sequence[Mapping[str, Any]]) -> None:
        """Store the organisations of the events."""
        ...

    def finish(self) -> str:
        """Delete the progress. Return text to add to the final message."""
        ...


def export_command(  # noqa: PLR0913, PLR0917 - a command's options
    out: Annotated[
        str | None, typer.Argument(help="File to write, or - for standard output.")
    ] = None,
    to_postgres: Annotated[
        str | None,
        typer.Option(
            metavar="DSN",
            help=f"Instead of a file: {DSN_HELP} Includes the organisation.",
        ),
    ] = None,
    parquet: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Instead of a file: a new folder with a Parquet file per day."
        ),
    ] = None,
    org: Org = None,
    key: Key = None,
    first: Annotated[
        str | None,
        typer.Option("--from", help="First date or RFC 3339 time; by default all events."),
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last date or time, included; by default tomorrow.")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Only this event type; may be repeated.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Only this user_id.")] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="By default csv if the file ends with .csv.")
    ] = None,
    escape_formulas: Annotated[
        bool,
        typer.Option(
            "--escape-formulas",
            help="In CSV, put ' before text that a spreadsheet would execute as a formula.",
        ),
    ] = False,
    url: Url = DEFAULT_URL,
    patience: Patience = PATIENCE_SECONDS,
) -> None:
    """Write events to a file, to Parquet files or to PostgreSQL.

    Events are sorted by time, and no event is written twice.

    If the export is interrupted, run the same command again to resume it.

    `analytics import` can read the exported file, unless formulas were escaped.
    """
    require_one_destination(out, parquet, to_postgres)
    if format_ and parquet:
        raise Failure("--format is only for files. Omit it with --parquet.")
    format_ = format_ or format_of(out)
    if escape_formulas and format_ is not Format.CSV:
        raise Failure("--escape-formulas requires --format csv.")
    keys = load_keys(url, key)
    filters = {"start_date": first, "end_date": last, "event_type": types, "user_id": user}
    given: dict[str, Any] = {
        "url": url,
        "org": org,
        "key": keys.fingerprint,
        "format": "parquet" if parquet else format_,
        **filters,
    }
    if format_ is Format.CSV:
        given["columns"] = COLUMNS  # an earlier version may have used other columns
        given["escape_formulas"] = escape_formulas
    beginning = Progress(query(filters, datetime.now(UTC)))
    resume = "" if out == STDOUT else "Run the same command again to resume."
    try:
        encoding = Encoding(format_, escape_formulas)
        with open_target(out, parquet, to_postgres, encoding, given) as target:
            export = Export(target, org)
            progress = target.started or beginning
            if progress.cursor or not target.started:  # else all pages have been written
                progress = asyncio.run(export.run(url, keys, patience, progress))
            note = target.finish()
    except Permanent:
        raise
    except Failure as failure:
        raise Failure(failure.message, failure.exit_code, hint=resume) from failure
    except KeyboardInterrupt:
        raise Failure("Stopped.", INTERRUPTED, hint=resume) from None
    err.print(
        f"{progress.events:,} events {describe_range(progress.params)}{note}",
        soft_wrap=True,
    )


def require_one_destination(*destinations: object) -> None:
    if len(destinations) - destinations.count(None) != 1:
        raise Failure(
            "Name one destination: a file, - for standard output, --parquet FOLDER or "
            "--to-postgres DSN."
        )


def query(filters: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Return the query parameters with a fixed time range, because cursors are bound to it."""
    first, last = filters["start_date"], filters["end_date"]
    tomorrow = (now + timedelta(days=1)).date().isoformat()  # no event has a later timestamp
    try:
        first, last = parse_moment_range(
            MIN_DAY if first is None else first, tomorrow if last is None else last, now=now
        )
    except ValueError as error:
        raise Failure(f"{error}.") from error
    # The API includes `end_date` in the range, so `end_date` is the instant before the range ends.
    bounds = {"start_date": first, "end_date": last - timedelta(microseconds=1)}
    params = filters | {name: format_timestamp(moment) for name, moment in bounds.items()}
    return {"order": "asc", "limit": PAGE_LIMIT} | {k: v for k, v in params.items() if v}


def format_of(out: str | None) -> Format:
    """Return the format that the file's extension names, by default NDJSON."""
    return Format.CSV if out and Path(out).suffix.lower() == ".csv" else Format.NDJSON


def describe_range(params: Mapping[str, Any]) -> str:
    first, last = params["start_date"], params["end_date"]
    return f"until {last}" if first.startswith(MIN_DAY) else f"from {first} to {last}"


@contextmanager
def open_target(
    out: str | None,
    folder: Path | None,
    dsn: str | None,
    encoding: Encoding,
    given: dict[str, Any],
) -> Generator[Target]:
    """Open the destination, and continue an unfinished export in it."""
    if folder:
        with open_folder(folder, given) as target:
            yield target
    elif out is None:
        with open_postgres(dsn or "", given) as target:
            yield target
    else:
        with open_file(out, encoding, given) as target:
            yield target


class Export:
    """An export, which copies all pages of a query to a target."""

    def __init__(self, target: Target, org_id: str | None) -> None:
        self._target = target
        self._org_id = org_id

    async def run(self, url: str, keys: Keys, patience: float, progress: Progress) -> Progress:
        """Copy all pages. Raises Failure if the API rejects the query or is unavailable."""
        end = min(parse_timestamp(progress.params["end_date"]), datetime.now(UTC))
        oldest: datetime | None = None  # of this run; the range may begin long before
        with rows_progress() as bar:
            task = bar.add_task(
                "Exporting", total=None, rows=progress.events, resumed=progress.events
            )

            def on_wait(why: str) -> None:
                bar.update(task, description=why)

            def on_page(progress: Progress, events: Events) -> None:
                nonlocal oldest
                oldest = oldest or parse_timestamp(events[0]["timestamp"])
                bar.update(
                    task,
                    description="Exporting",
                    rows=progress.events,
                    total=(end - oldest).total_seconds(),
                    completed=(parse_timestamp(events[-1]["timestamp"]) - oldest).total_seconds(),
                )

            async with open_client(url, keys, patience_seconds=patience, on_wait=on_wait) as client:
                if self._target.takes_organizations:
                    self._target.write_organizations(await self._organizations(client))
                progress = await self._copy(client, progress, on_page)
            bar.update(task, total=1, completed=1)
        return progress

    async def _copy(
        self, client: Client, progress: Progress, on_page: Callable[[Progress, Events], None]
    ) -> Progress:
        while True:
            page = await self._read(client, progress)
            progress = self._target.write(page["data"], page["next_cursor"], progress)
            if page["data"]:
                on_page(progress, page["data"])
            if progress.cursor is None:
                return progress

    async def _organizations(self, client: Client) -> list[dict[str, Any]]:
        return (await self._get(client, "/api/v1/me"))["organizations"]

    async def _read(self, client: Client, progress: Progress) -> dict[str, Any]:
        params = {**progress.params, **({"cursor": progress.cursor} if progress.cursor else {})}
        return await self._get(client, "/api/v1/events", params=params)

    async def _get(self, client: Client, path: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx2's own
        response = await client.request("GET", path, org_id=self._org_id, **options)
        if response.status_code != HTTPStatus.OK:
            raise Permanent(f"The API rejected the query: {explain(response)}")
        return read_object(response)
