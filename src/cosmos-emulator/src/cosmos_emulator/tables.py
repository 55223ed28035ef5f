"""Create and change the SQLite table of a container, based on the container's definition.

Only the quoted names of tables and columns are formatted into SQL text. Values are always bound as
SQL parameters.
"""
# ruff: noqa: S608  see above

import sqlite3
from collections.abc import Callable

import orjson

from cosmos_emulator.containers import Container
from cosmos_emulator.documents import expiry
from cosmos_emulator.errors import CosmosError
from cosmos_emulator.partitions import steps_of
from cosmos_emulator.query.table import quoted
from cosmos_emulator.query.values import encode, follow

COLUMNS = ("number", "key", "id", "epk", "partition", "lsn", "etag", "expires", "body")


def add_functions(sql: sqlite3.Connection, clock: Callable[[], float]) -> None:
    """Register the SQL functions that recompute columns of stored items, and the clock."""
    sql.create_function("clock", 0, lambda: int(clock()))
    sql.create_function("encoded", 2, _encoded, deterministic=True)
    sql.create_function("expiry", 2, _expiry, deterministic=True)


def _encoded(body: bytes, path: str) -> bytes | None:
    return encode(follow(orjson.loads(body), steps_of(path)))


def _expiry(body: bytes, default_ttl: int | None) -> int | None:
    document = orjson.loads(body)
    try:
        return expiry(document, default_ttl, document["_ts"])
    except CosmosError:  # an invalid `ttl`, stored while time to live was off
        return None


def create_table(sql: sqlite3.Connection, container: Container) -> None:
    """Create the table and the indexes of a new container."""
    table = container.table
    root = ", root BLOB" if table.has_root else ""
    paths = "".join(f", {quoted(path)} BLOB" for path in table.paths)
    sql.execute(
        f'CREATE TABLE "{table.name}" (number INTEGER PRIMARY KEY, key BLOB NOT NULL,'
        " id BLOB NOT NULL, epk BLOB NOT NULL, partition INTEGER NOT NULL, lsn INTEGER NOT NULL,"
        f" etag TEXT NOT NULL, expires INTEGER, body BLOB NOT NULL{root}{paths})"
    )
    _create_indexes(sql, container)


def missing_columns(sql: sqlite3.Connection, container: Container) -> list[str]:
    """Return the columns that the table of a container should have, but hasn't."""
    table = container.table
    found = {row[1] for row in sql.execute(f'PRAGMA table_info("{table.name}")')}
    expected = [*COLUMNS, *(["root"] if table.has_root else [])]
    expected += [quoted(path)[1:-1].replace('""', '"') for path in table.paths]
    return [name for name in expected if name not in found]


def change_table(sql: sqlite3.Connection, old: Container, new: Container) -> None:
    """Change the table of a container to match the container's changed definition."""
    table = new.table
    for path in (path for path in table.paths if path not in old.table.paths):
        sql.execute(f'ALTER TABLE "{table.name}" ADD COLUMN {quoted(path)} BLOB')
        text = "".join(f"/{step}" for step in path)
        sql.execute(f'UPDATE "{table.name}" SET {quoted(path)} = encoded(body, ?)', (text,))
    for path in (path for path in old.table.paths if path not in table.paths):
        sql.execute(f"DROP INDEX {table.index(quoted(path))}")
        sql.execute(f'ALTER TABLE "{table.name}" DROP COLUMN {quoted(path)}')
    _create_indexes(sql, new)
    if old.default_ttl != new.default_ttl:
        sql.execute(f'UPDATE "{table.name}" SET expires = expiry(body, ?)', (new.default_ttl,))


def _create_indexes(sql: sqlite3.Connection, container: Container) -> None:
    table = container.table
    indexes = {"key": "key, id", "partition": "partition, lsn", "expires": "expires"}
    indexes |= {quoted(path): f"{quoted(path)}, {table.root}, id" for path in table.paths}
    if table.has_root:
        indexes["root"] = "root, id"
    for column, columns in indexes.items():
        unique = "UNIQUE" if column == "key" else ""
        sparse = f"WHERE {column} IS NOT NULL" if column[0] == '"' or column == "expires" else ""
        sql.execute(
            f"CREATE {unique} INDEX IF NOT EXISTS {table.index(column)}"
            f' ON "{table.name}" ({columns}) {sparse}'
        )
    _create_unique_keys(sql, container)


def _create_unique_keys(sql: sqlite3.Connection, container: Container) -> None:
    table = container.table
    for position, paths in enumerate(container.unique_keys):
        # As in Cosmos DB, items conflict if both lack the property, so NULL is indexed as a value.
        values = ", ".join(f"COALESCE({quoted(path)}, x'00')" for path in paths)
        sql.execute(
            f'CREATE UNIQUE INDEX IF NOT EXISTS "{table.name}_unique_{position}"'
            f' ON "{table.name}" (key, {values})'
        )
