"""Run queries on an organisation's files with DuckDB, within limits of memory and time.

Each query has a database of its own in memory, which can open only the files of its snapshot, can't
load extensions and can't change its settings. A query therefore can't read another organisation's
table or any other file.
"""

import asyncio
import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Generator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

import duckdb

from api.lake.databases import Databases, Limits
from api.lake.log import TableState, read_state
from api.lake.objects import Objects, StoredLog, open_filesystem
from api.lake.protocol import LakeUnavailable, Snapshot, Statement, query_too_expensive
from api.lake.query_slots import QuerySlots
from api.lake.storage import LakeStorage

_INTERRUPT_SECONDS = 0.1
_WRONG_STATEMENTS = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.InvalidTypeException,
    duckdb.ParserException,
    duckdb.SyntaxException,
)
# DuckDB takes a missing file for a folder, in which it may not search.
_MISSING = re.compile(r'Cannot access file "([^"]*)/\*\*/')
_STATES_MAX = 64  # tables whose latest known state is kept
_NO_EVENTS = """
    CREATE TABLE stored (
        "timestamp" TIMESTAMPTZ, event_id VARCHAR, event_type VARCHAR, user_id VARCHAR,
        source VARCHAR, properties VARCHAR, received_at TIMESTAMPTZ, schema_version VARCHAR
    )
"""


_VIEW = """
    CREATE VIEW events AS
    SELECT CAST("timestamp" AT TIME ZONE 'UTC' AS DATE) AS day, * FROM
"""


class DuckDBReader:
    """A reader of the tables in the lake."""

    def __init__(self, storage: LakeStorage, limits: Limits | None = None) -> None:
        self._storage = storage
        self._objects = Objects(storage)
        self._databases = Databases(limits or Limits())
        self._states: OrderedDict[str, TableState] = OrderedDict()
        self._limits = limits or Limits()
        self._slots = QuerySlots(self._limits.at_once)

    async def snapshot(self, org_id: str) -> Snapshot:
        log = StoredLog(self._storage, await self._objects.open(), org_id)
        state = await read_state(log, self._states.get(org_id))
        self._states[org_id] = state
        self._states.move_to_end(org_id)
        if len(self._states) > _STATES_MAX:
            self._states.popitem(last=False)
        return _snapshot(org_id, state, self._storage.table(org_id))

    def slot(self, org_id: str) -> AbstractAsyncContextManager[None]:
        return self._slots.take(org_id)

    async def query(
        self, snapshot: Snapshot, statement: Statement, *, first_day: str, last_day: str
    ) -> Sequence[tuple[Any, ...]]:
        days = [day for day in snapshot.files if first_day <= day <= last_day]
        files = [file for day in sorted(days) for file in snapshot.files[day]]
        try:
            async with self._databases.new() as database:
                with _query_errors():
                    if storage := await open_filesystem(self._storage):
                        database.register_filesystem(storage)
                    return await self._run(database, statement, files)
        except LakeUnavailable:
            self._states.pop(snapshot.org_id, None)  # if the table was deleted and made again
            raise

    async def _run(
        self, connection: duckdb.DuckDBPyConnection, statement: Statement, files: Sequence[str]
    ) -> Sequence[tuple[Any, ...]]:
        """Run the statement in a thread. Interrupt it at the time limit or if it is cancelled."""
        task = asyncio.ensure_future(asyncio.to_thread(_execute, connection, statement, files))
        try:
            return await asyncio.wait_for(asyncio.shield(task), self._limits.seconds)
        finally:
            while not task.done():  # an interrupt before the statement starts has no effect
                connection.interrupt()
                await asyncio.wait([task], timeout=_INTERRUPT_SECONDS)
            task.exception()  # else asyncio logs that nobody has read it


def _execute(
    connection: duckdb.DuckDBPyConnection, statement: Statement, files: Sequence[str]
) -> Sequence[tuple[Any, ...]]:
    try:
        _open_files(connection, files)
    except duckdb.Error as error:
        raise _unavailable(error) from error
    return connection.execute(statement.sql, dict(statement.parameters)).fetchall()


def _open_files(connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> None:
    """Restrict the database to these files, then create the relation `events`."""
    literals = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET allowed_paths = [{literals}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    if not files:
        connection.execute(_NO_EVENTS)
    source = f"read_parquet([{literals}])" if files else "stored"
    connection.execute(_VIEW + source)  # a view can't have parameters


def _snapshot(org_id: str, state: TableState, place: str) -> Snapshot:
    files, counts = defaultdict[str, list[str]](list), Counter[str]()
    for path, file in state.files.items():
        files[file.day].append(f"{place}/{path}")
        counts[file.day] += file.count
    received = [file.received_until for file in state.files.values() if file.received_until]
    return Snapshot(org_id, state.version, max(received, default=None), files, counts)


@contextmanager
def _query_errors() -> Generator[None]:
    try:
        yield
    except (TimeoutError, duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
        raise query_too_expensive() from error
    except _WRONG_STATEMENTS:
        raise
    except (duckdb.Error, IndexError, OSError) as error:
        raise _unavailable(error) from error  # a file is missing or damaged


def _unavailable(error: Exception) -> LakeUnavailable:
    """Return the error for the log: what DuckDB says in the first line, without the statement."""
    reason = str(error).partition("\n")[0]
    missing = _MISSING.search(reason)
    return LakeUnavailable(f"the file {missing[1]} is missing" if missing else reason)
