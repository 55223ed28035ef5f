"""`analytics import`: send a file of events to the API, resumable and without duplicates."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from api.cli.batches import Batch, make_batches
from api.cli.client import Client, open_client
from api.cli.console import err, out, rows_progress
from api.cli.deliver import deliver
from api.cli.errors import INTERRUPTED, Failure, Permanent
from api.cli.journal import Journal, Outcome
from api.cli.keys import Keys, load_keys
from api.cli.options import DEFAULT_URL, Key, KeysFile, Patience, Url
from api.cli.report import RejectedReport
from api.cli.retry import PATIENCE_SECONDS
from api.cli.row_reader import RowReader, name_beside, open_rows_file
from api.cli.rows import RejectedRow, Row

REQUESTS_IN_FLIGHT_MAX = 4
RESUME = "Run the same command again to resume; no event is stored twice."


@dataclass(slots=True)
class Totals:
    """Totals of all rows of the file. `resumed` is the number of rows that earlier runs sent."""

    created: int = 0
    duplicates: int = 0
    resumed: int = 0

    @property
    def rows(self) -> int:
        return self.created + self.duplicates


class Import:
    """One run of an import, which sends all batches that the journal doesn't contain."""

    def __init__(
        self, client: Client, keys: Keys, journal: Journal, report: RejectedReport
    ) -> None:
        self.totals = Totals()
        self._client = client
        self._keys = keys
        self._journal = journal
        self._report = report

    async def run(self, reader: RowReader, on_progress: Callable[[], None]) -> None:
        """Send all batches.

        Raises Failure if a batch can't be delivered. Delivered batches stay in the journal.
        """
        slots = asyncio.Semaphore(REQUESTS_IN_FLIGHT_MAX)

        async def send(number: int, batch: Batch) -> None:
            try:
                outcome = await deliver(self._client, batch, f"{self._journal.import_id}-{number}")
            finally:
                slots.release()
            self._journal.record(number, outcome)
            self._settle(batch, outcome)
            on_progress()

        try:
            async with asyncio.TaskGroup() as tasks:
                for number, batch in enumerate(make_batches(self._accepted(reader))):
                    if earlier := self._journal.done.get(number):
                        self.totals.resumed += len(batch.rows)
                        self._settle(batch, earlier)
                    else:
                        await slots.acquire()
                        tasks.create_task(send(number, batch))
        except* (Failure, OSError) as failures:
            raise failures.exceptions[0] from None

    def _accepted(self, reader: RowReader) -> Iterator[Row]:
        """Yield valid rows. Add rejected rows to the report."""
        for row in reader:
            if isinstance(row, RejectedRow):
                self._report.add(row)
            elif row.org_id is None and not self._keys.single:
                reason = "has no org_id, and there is no --key with an organisation"
                self._report.add(RejectedRow(row.line, reason, row.event.decode()))
            else:
                yield row

    def _settle(self, batch: Batch, outcome: Outcome) -> None:
        self.totals.created += outcome.created
        self.totals.duplicates += outcome.duplicates
        text = {row.line: row.event for row in batch.rows}
        for refused in outcome.refused:
            raw = text[refused.line].decode()
            self._report.add(RejectedRow(refused.line, refused.reason, raw))


def import_command(
    file: Annotated[
        Path,
        typer.Argument(help="CSV or NDJSON, plain or .gz; - for standard input."),
    ],
    url: Url = DEFAULT_URL,
    key: Key = None,
    keys: KeysFile = None,
    journal: Annotated[
        Path | None,
        typer.Option(help="File that records progress; by default FILE.journal."),
    ] = None,
    patience: Patience = PATIENCE_SECONDS,
) -> None:
    """Send the events of a FILE to the API.

    If the import is interrupted, run the same command again to resume it. No event is stored twice.

    A row names its organisation in the field org_id. The default is the organisation of the API
    key. Rows without event_id get an id derived from their content. Input from a pipe is copied to
    a temporary file first.

    Exit code 0: all rows are stored. Exit code 1: some rows were rejected and are listed in
    FILE.rejected.ndjson. Exit code 2: the import could not continue.
    """
    started = monotonic()
    report = RejectedReport(name_beside(file, ".rejected.ndjson"))
    totals = Totals()
    try:
        with report:
            journal_path = journal or name_beside(file, ".journal")
            api_keys = load_keys(url, key, keys)
            api_keys.require_secret()
            totals = asyncio.run(import_file(file, url, api_keys, journal_path, report, patience))
    except Permanent:
        raise
    except Failure as failure:
        raise Failure(failure.message, failure.exit_code, hint=RESUME) from failure
    except KeyboardInterrupt:
        raise Failure("Stopped.", INTERRUPTED, hint=RESUME) from None
    summarise(totals, report, monotonic() - started)
    raise typer.Exit(1 if report.count else 0)


async def import_file(
    file: Path, url: str, keys: Keys, journal_path: Path, report: RejectedReport, patience: float
) -> Totals:
    """Send all rows.

    Afterwards, every row is stored, is a duplicate, or is in the report of rejected rows.
    """
    with open_rows_file(file) as opened:
        content = file_digest(opened, "sha256").hexdigest()
        reader = RowReader(opened, file)
        about = {"content": content, "url": url, "key": keys.fingerprint}
        with Journal(journal_path, about) as journal:
            return await _import_rows(reader, url, keys, journal, report, patience)


async def _import_rows(
    reader: RowReader,
    url: str,
    keys: Keys,
    journal: Journal,
    report: RejectedReport,
    patience: float,
) -> Totals:
    name = reader.name.name
    with rows_progress() as progress:
        if journal.done:
            err.print(f"Resuming: {journal.path} records {len(journal.done):,} batches.")
        task = progress.add_task(name, total=reader.size, rows=0, resumed=0)

        def on_wait(why: str) -> None:
            progress.update(task, description=why)

        async with open_client(url, keys, patience_seconds=patience, on_wait=on_wait) as client:
            run = Import(client, keys, journal, report)

            def on_progress() -> None:
                progress.update(
                    task,
                    description=name,
                    completed=reader.position,
                    rows=run.totals.rows + report.count,
                    resumed=run.totals.resumed,
                )

            await run.run(reader, on_progress)
            on_progress()
    return run.totals


def summarise(totals: Totals, report: RejectedReport, seconds: float) -> None:
    report.show(out)
    rows = totals.rows + report.count
    resumed = f", {totals.resumed:,} of them by an earlier run" if totals.resumed else ""
    out.print(
        f"{rows:,} rows: created {totals.created:,}, duplicates {totals.duplicates:,}, "
        f"rejected {report.count:,}{resumed}",
        soft_wrap=True,
    )
    out.print(f"{seconds:.1f} s, {(rows - totals.resumed) / seconds:,.0f} rows/s")
