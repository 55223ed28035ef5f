"""`analytics seed`: load sample data into the local store before a server opens it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.progress import Progress

from api.cli.batches import Batch, make_batches
from api.cli.console import out, rows_progress
from api.cli.errors import Failure
from api.cli.own_store import open_own_store
from api.cli.row_reader import RowReader
from api.cli.rows import RejectedRow, Row
from api.cli.seed_files import read_metric_values, read_metrics, read_records
from api.domain.events import PUBLIC, TRUSTED, Draft, EventSource
from api.domain.reference import DELETED, Membership, Organization, User
from api.domain.times import parse_timestamp
from api.services.events import Submission, ingest
from api.services.organizations import find_administered, put, put_user, register_locally
from api.services.quotas import Quotas
from api.services.rollups import catch_up
from api.settings import Settings
from api.stores.protocol import Store

# Events that an earlier run of the command may have stored, and that are no longer accepted.
_LEFT_OUT = {"user_suppressed": "of erased users", "timestamp_too_old": "that expired"}


def seed_command(
    folder: Annotated[
        Path, typer.Argument(help="Folder with the files.", exists=True, file_okay=False)
    ],
    events: Annotated[bool, typer.Option(help="Load events.ndjson too.")] = True,
) -> None:
    """Load a FOLDER of sample data into the local store. Repeating the command adds nothing twice.

    The command reads organizations.csv, users.csv, user_orgs.csv, metrics.csv, metric_kinds.csv and
    events.ndjson if they exist. Every organisation gets its local keys, ak_local_<name>,
    rk_local_<name> and pk_local_<name>. An organisation that administrative commands have changed
    keeps its values, members and keys. Events of erased users and expired events are left out. No
    server may be running on the same data.
    """
    settings = Settings.from_environment()
    if not settings.is_local:
        raise Failure(
            f"ANALYTICS_ENV is {settings.env!r}. `analytics seed` creates well-known keys, so it "
            "works in 'local' only. Use `analytics import` to send events to other environments."
        )
    asyncio.run(seed(folder, settings, with_events=events))


async def seed(folder: Path, settings: Settings, *, with_events: bool) -> None:
    """Load the folder. Raises Failure for invalid files or a store that can't be opened."""
    values = read_metric_values(folder / "metrics.csv")
    metrics = read_metrics(folder / "metric_kinds.csv", values)
    organizations = read_records(folder / "organizations.csv", Organization)
    users = read_records(folder / "users.csv", User)
    memberships = read_records(folder / "user_orgs.csv", Membership)
    async with open_own_store(settings) as store:
        administered = await find_administered(store)
        if deleted := [o.org_id for o in organizations if administered.get(o.org_id) == DELETED]:
            raise Failure(
                f"{', '.join(deleted)} was deleted, and its id can't be used again. Remove it from "
                f"the files, or delete the data folder {settings.data_dir} to start with an empty "
                "store."
            )
        new_members = [m for m in memberships if m.org_id not in administered]
        with rows_progress() as bar:
            await load(bar, "organizations", organizations, lambda o: register_locally(store, o))
            await load(bar, "users", users, lambda user: put_user(store, user))
            await load(bar, "memberships", new_members, lambda m: put(store, m))
            await load(bar, "metrics", [*metrics, *values], lambda metric: put(store, metric))
            statuses = Counter[str]()
            if with_events and (path := folder / "events.ndjson").exists():
                statuses = await load_events(bar, path, store)
            await catch_up(store)
    totals = f"created {statuses['created']:,}, duplicates {statuses['duplicate']:,}"
    if left_out := [
        f"{statuses[code]:,} {why}" for code, why in _LEFT_OUT.items() if statuses[code]
    ]:
        totals += f", left out {', '.join(left_out)}"
    out.print(
        f"{len(organizations):,} organizations, {len(users):,} users, "
        f"{len(new_members):,} memberships, {len(values):,} metric values; events: {totals}",
        soft_wrap=True,
    )


async def load[R](
    bar: Progress, name: str, records: Sequence[R], write: Callable[[R], Awaitable[None]]
) -> None:
    task = bar.add_task(name, total=len(records), rows=0, resumed=0, visible=bool(records))
    for count, record in enumerate(records, 1):
        await write(record)
        bar.update(task, completed=count, rows=count)


async def load_events(bar: Progress, path: Path, store: Store) -> Counter[str]:
    """Store the events. Return the numbers of events: created, duplicate, and left out by reason.

    Raises Failure for an invalid event.
    """
    statuses: Counter[str] = Counter()
    with path.open("rb") as file:
        reader = RowReader(file, path)
        task = bar.add_task("events", total=reader.size, rows=0, resumed=0)
        quotas = Quotas()
        for batch in make_batches(valid_rows(path, reader)):
            statuses.update(await ingest_batch(path, store, batch, quotas))
            bar.update(task, completed=reader.position, rows=statuses.total())
    return statuses


async def ingest_batch(path: Path, store: Store, batch: Batch, quotas: Quotas) -> list[str]:
    # Repeated rows are recognised by their ids, so there is no idempotency key.
    submission = Submission("", [to_draft(path, row) for row in batch.rows])
    org_id = str(batch.org_id)
    ingested = await ingest(
        store,
        org_id=org_id,
        source=TRUSTED,
        submission=submission,
        key=None,
        now=lambda: datetime.now(UTC),
        quotas=quotas,
    )
    for result in ingested.results:
        if result.error and result.error.code not in _LEFT_OUT:
            raise invalid(path, batch.rows[result.index].line, result.error.detail)
    return [result.error.code if result.error else result.status for result in ingested.results]


def valid_rows(path: Path, reader: RowReader) -> Iterator[Row]:
    for row in reader:
        if isinstance(row, RejectedRow):
            raise invalid(path, row.line, row.reason)
        if row.org_id is None:
            raise invalid(path, row.line, "has no org_id")
        yield row


def to_draft(path: Path, row: Row) -> Draft:
    event = orjson.loads(row.event)
    try:
        return Draft(
            event_type=event["event_type"],
            user_id=event["user_id"],
            event_id=event["event_id"],
            timestamp=parse_timestamp(event["timestamp"]),
            properties=event.get("properties") or {},
            size=len(row.event),
            source=known_source(path, row, event.get("source")),
        )
    except KeyError as error:
        raise invalid(path, row.line, f"has no {error.args[0]}") from error
    except ValueError as error:
        raise invalid(path, row.line, f"timestamp {error}") from error


def known_source(path: Path, row: Row, source: object) -> EventSource | None:
    sources: dict[object, EventSource | None] = {None: None, PUBLIC: PUBLIC, TRUSTED: TRUSTED}
    if source not in sources:
        raise invalid(path, row.line, f"source must be {PUBLIC} or {TRUSTED}")
    return sources[source]


def invalid(path: Path, line: int, reason: str) -> Failure:
    return Failure(f"{path}, line {line}: {reason}.")
