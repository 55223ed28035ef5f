"""In-memory DuckDB databases, one per query, with limits of memory and time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import duckdb
from fsspec import AbstractFileSystem


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a query. A query that exceeds them fails with `query_too_expensive`."""

    seconds: float = 20.0
    memory: str = "512MB"
    threads: int = 2
    at_once: int = 2


def open_database(
    limits: Limits, files: AbstractFileSystem | None = None
) -> duckdb.DuckDBPyConnection:
    """Open an in-memory database. If a file system is given, the database can read its files."""
    database = duckdb.connect(
        config={
            "memory_limit": limits.memory,
            "threads": limits.threads,
            "temp_directory": "",  # intermediate results are never written to a disk
            "python_enable_replacements": False,
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            # DuckDB estimates the rows of all files from those of the first one. If that file has
            # one event, it would join all events of two steps of a funnel in nested loops.
            "asof_loop_join_threshold": 0,
            "nested_loop_join_threshold": 0,
            "merge_join_threshold": 0,
        }
    )
    if files:
        database.register_filesystem(files)
    return database


class Databases:
    """A supply of new databases.

    Opening and closing a database takes 35 ms. After a query, its database is closed and the next
    one is opened in the background.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._next: asyncio.Task[duckdb.DuckDBPyConnection] | None = None

    @asynccontextmanager
    async def new(self) -> AsyncGenerator[duckdb.DuckDBPyConnection]:
        """Return a database that no other query uses."""
        prepared, self._next = self._next, None
        database = await (prepared or asyncio.to_thread(open_database, self._limits))
        try:
            yield database
        finally:
            if self._next is None:
                self._next = asyncio.create_task(asyncio.to_thread(self._replace, database))
            else:
                await asyncio.to_thread(database.close)

    def _replace(self, used: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
        used.close()
        return open_database(self._limits)
