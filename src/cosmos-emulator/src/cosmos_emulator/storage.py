"""Store databases, containers, physical partitions and log sequence numbers in a SQLite file.

SQLite uses a write-ahead log with `synchronous=FULL`. Unless writes are grouped, a write is on disk
when the method that makes it returns. Only one process at a time can open a file. A second process
that opens the file immediately gets an error. Don't use a `Storage` from several threads at once.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from cosmos_emulator import files, formats
from cosmos_emulator.commits import Commits
from cosmos_emulator.containers import Container, rid
from cosmos_emulator.errors import CosmosError, conflict, not_found
from cosmos_emulator.history import change_history, drop_history
from cosmos_emulator.partitions import (
    PartitionKeyDefinition,
    PhysicalPartition,
    equal_partitions,
)
from cosmos_emulator.query.values import Json
from cosmos_emulator.resources import SCHEMA as RESOURCES_SCHEMA
from cosmos_emulator.resources import Resources
from cosmos_emulator.tables import add_functions, change_table, create_table

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;          -- overwrite deleted items with zeros
PRAGMA cache_size = -65536;         -- KiB: the upper pages of all indexes of a million items
PRAGMA wal_autocheckpoint = 10000;  -- pages of 4 KiB: copying them back costs two more disk syncs
PRAGMA foreign_keys = ON;
CREATE TABLE IF NOT EXISTS databases (
    number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS containers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    database INTEGER NOT NULL REFERENCES databases ON DELETE CASCADE,
    name TEXT NOT NULL, definition BLOB NOT NULL, UNIQUE (database, name)
);
CREATE TABLE IF NOT EXISTS partitions (
    container INTEGER NOT NULL REFERENCES containers ON DELETE CASCADE,
    number INTEGER NOT NULL, low TEXT NOT NULL, high TEXT NOT NULL, lsn INTEGER NOT NULL,
    last_item INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (container, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parents (  -- of physical partitions that replaced others
    container INTEGER NOT NULL REFERENCES containers ON DELETE CASCADE,
    number INTEGER NOT NULL, parents TEXT NOT NULL, PRIMARY KEY (container, number)
) WITHOUT ROWID;
"""


class Storage:
    """An open database file or, without a path, an in-memory database."""

    def __init__(self, path: Path | None, partitions: int, clock: Callable[[], float]) -> None:
        self._path = path
        self._lock = files.lock(path) if path else None
        try:
            self.sql = files.connect(path, SCHEMA + RESOURCES_SCHEMA)
        except files.FileError:
            self._unlock()
            raise
        self.damage: str | None = None  # found since opening
        add_functions(self.sql, clock)
        self.commits = Commits(self.sql)
        self.resources = Resources(self.sql, self.commits)
        self._partitions_min = partitions
        self._containers: dict[tuple[str, str], Container] = {}
        self.lsn: dict[tuple[int, int], int] = {}  # committed, by container and partition
        self.last_items: dict[int, int] = {}  # the highest item number used, by container
        try:
            self._add_last_items()
            formats.adopt(self.sql, path, self._load)
        except BaseException:
            self.close()
            raise
        self._complete_histories()

    def _add_last_items(self) -> None:
        """Add the column `last_item` to a file of an earlier version."""
        columns = self.sql.execute("SELECT name FROM pragma_table_info('partitions')").fetchall()
        if ("last_item",) not in columns:
            column = "last_item INTEGER NOT NULL DEFAULT 0"
            self.sql.execute(f"ALTER TABLE partitions ADD COLUMN {column}")

    def _complete_histories(self) -> None:
        """Start the histories of containers that an earlier version created without them."""
        rows = self.sql.execute(
            "SELECT d.name, c.name FROM containers c JOIN databases d ON d.number = c.database"
            " WHERE CAST(definition AS TEXT) LIKE '%changeFeedPolicy%'"
        )
        for database, name in rows.fetchall():
            change_history(self.sql, self._load(database, name))

    def close(self) -> None:
        """Close the database file so that other processes can open it."""
        self.sql.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock:
            self._lock.close()

    def refusal(self, error: sqlite3.Error) -> CosmosError:
        """Return the error to send to a client when SQLite fails.

        If the file is damaged, all later requests also fail.
        """
        if files.is_damage(error):
            self.damage = files.damaged(self._path, error)
            return CosmosError(503, f"The store is unavailable: {self.damage}")
        self.commits.failure = error
        if files.primary_code(error) == sqlite3.SQLITE_FULL:
            return CosmosError(507, f"The disk of {self._path} is full: {error}")
        return CosmosError(503, f"The store is unavailable: {error}")

    def write_fault(self) -> CosmosError | None:
        """Return the error with which writes fail or will soon fail, or None if writes succeed."""
        if lack := files.lack_of_space(self._path):
            return CosmosError(507, lack)
        if self.commits.failure and not self.commits.has_unflushed:
            self.commits.probe()
        return self.refusal(self.commits.failure) if self.commits.failure else None

    def flush(self) -> None:
        """Flush grouped writes to disk. If the flush raises sqlite3.Error, no write is stored."""
        try:
            self.commits.flush()
        except sqlite3.Error:
            rows = self.sql.execute("SELECT container, number, lsn FROM partitions").fetchall()
            self.lsn.update({(container, number): lsn for container, number, lsn in rows})
            self.reload()
            raise

    def scrub(self) -> bool:
        """Rewrite the file, and empty the write-ahead log, which contains earlier pages.

        SQLite's secure_delete overwrites deleted items, but not the copies that it leaves behind
        when it moves items between pages. Return False if a group of writes is open; it must be
        flushed first.
        """
        if self.sql.in_transaction:
            return False
        self.sql.execute("VACUUM")
        [(busy, *_)] = self.sql.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return not busy

    # Databases

    def create_database(self, name: str, now: int) -> dict[str, Json]:
        """Create a database and return its JSON resource.

        Raises 409 if a database already has this name.
        """
        try:
            self.sql.execute("INSERT INTO databases (name, created) VALUES (?, ?)", (name, now))
        except sqlite3.IntegrityError:
            raise conflict() from None
        return self.database(name)

    def databases(self) -> list[dict[str, Json]]:
        """Return the JSON resource of each database, with properties such as `id` and `_rid`."""
        rows = self.sql.execute("SELECT number, name, created FROM databases ORDER BY number")
        return [_describe_database(*row) for row in rows]

    def database(self, name: str) -> dict[str, Json]:
        """Return the JSON resource of the database with this name or resource id.

        Raises 404 if the database is missing.
        """
        for database in self.databases():
            if name in (database["id"], database["_rid"]):
                return database
        raise not_found()

    def delete_database(self, name: str) -> None:
        """Delete a database with its containers. Raises 404 if the database is missing."""
        with self.commits.transaction():
            for container in self.containers(name):
                self._drop(container)
            self.sql.execute("DELETE FROM databases WHERE name = ?", (self.database(name)["id"],))
        self.reload()

    # Containers

    def create_container(
        self, database: str, definition: dict[str, Any], now: int, partitions: int = 1
    ) -> Container:
        """Create a container with at least this number of physical partitions.

        Raises 404 if the database is missing, and 409 if a container already has this name.
        """
        owner = self.database(database)["id"]
        with self.commits.transaction():
            number = self._insert_container(owner, definition["id"])
            self._define(number, definition, now)
            definition_of_key = PartitionKeyDefinition.of(definition["partitionKey"])
            count = max(partitions, self._partitions_min)
            for partition in equal_partitions(definition_of_key, count):
                row = (number, partition.number, partition.low, partition.high)
                self.sql.execute("INSERT INTO partitions VALUES (?, ?, ?, ?, 0, 0)", row)
            container = self._load(owner, definition["id"])
            create_table(self.sql, container)
            change_history(self.sql, container)
        return self.container(owner, definition["id"])

    def _insert_container(self, database: str, name: str) -> int:
        statement = (
            "INSERT INTO containers (database, name, definition)"
            " SELECT number, ?, '{}' FROM databases WHERE name = ? RETURNING number"
        )
        try:
            return self.sql.execute(statement, (name, database)).fetchone()[0]
        except sqlite3.IntegrityError:
            raise conflict() from None

    def replace_container(
        self, container: Container, definition: dict[str, Any], now: int
    ) -> Container:
        """Change a container's definition, and update the indexes and expiry of stored items."""
        with self.commits.transaction():
            self._define(container.number, definition, now)
            changed = self._load(container.database, container.name)
            change_table(self.sql, container, changed)
            change_history(self.sql, changed)
        self.reload()
        return changed

    def containers(self, database: str) -> list[Container]:
        """Return every container of a database. Raises 404 if the database is missing."""
        name = self.database(database)["id"]
        rows = self.sql.execute(
            "SELECT c.name FROM containers c JOIN databases d ON d.number = c.database"
            " WHERE d.name = ? ORDER BY c.number",
            (name,),
        )
        return [self.container(name, row[0]) for row in rows.fetchall()]

    def container(self, database: str, name: str) -> Container:
        """Return a container, by the names or resource ids of the database and the container.

        Raises 404 if the database or the container is missing.
        """
        found = self._containers.get((database, name))
        if found is None:
            found = self._load(database, name)
            self._containers[database, name] = found
        return found

    def delete_container(self, container: Container) -> None:
        """Delete a container with its items."""
        with self.commits.transaction():
            self._drop(container)
        self.reload()

    def _define(self, number: int, definition: dict[str, Any], now: int) -> None:
        stamped = definition | {"_ts": now, "_etag": f'"{number:08x}-0000-0000-0000-{now:012x}"'}
        self.sql.execute(
            "UPDATE containers SET definition = ? WHERE number = ?",
            (orjson.dumps(stamped), number),
        )

    def _load(self, database: str, name: str) -> Container:
        rows = self.sql.execute(
            "SELECT c.number, d.name, d.number, c.definition, c.name"
            " FROM containers c JOIN databases d ON d.number = c.database"
        )
        for number, owner, owner_number, definition, own_name in rows.fetchall():
            names = own_name, rid(owner_number, number)
            if database in (owner, rid(owner_number)) and name in names:
                partitions = self._load_partitions(number)
                data = orjson.loads(definition)
                return Container(number, owner, owner_number, data, partitions)
        raise not_found()

    def _load_partitions(self, container: int) -> tuple[PhysicalPartition, ...]:
        rows = self.sql.execute(
            "SELECT number, low, high, lsn, last_item, COALESCE(parents, '[]') FROM partitions"
            " LEFT JOIN parents USING (container, number) WHERE container = ? ORDER BY low",
            (container,),
        ).fetchall()
        known = [self.last_items.get(container, 0), self._last_item_of_earlier_version(container)]
        for number, _, _, lsn, last_item, _ in rows:
            self.lsn[container, number] = lsn
            known.append(last_item)
        self.last_items[container] = max(known)
        return tuple(
            PhysicalPartition(number, low, high, tuple(orjson.loads(parents)))
            for number, low, high, _, _, parents in rows
        )

    def _last_item_of_earlier_version(self, container: int) -> int:
        """Return the highest item number used in a table that SQLite numbered."""
        statement = "SELECT MAX(seq) FROM sqlite_sequence WHERE name = ?"
        return self.sql.execute(statement, (f"items_{container}",)).fetchone()[0] or 0

    def replace_partitions(
        self,
        container: Container,
        old: tuple[PhysicalPartition, ...],
        new: tuple[PhysicalPartition, ...],
        lsn: int,
    ) -> None:
        """Replace physical partitions. Call within a transaction, and call `reload` after it."""
        for partition in old:
            key = (container.number, partition.number)
            self.sql.execute("DELETE FROM partitions WHERE container = ? AND number = ?", key)
            self.sql.execute("DELETE FROM parents WHERE container = ? AND number = ?", key)
        for partition in new:
            key = (container.number, partition.number)
            row = (*key, partition.low, partition.high, lsn, self.last_items[container.number])
            self.sql.execute("INSERT INTO partitions VALUES (?, ?, ?, ?, ?, ?)", row)
            parents = orjson.dumps(partition.parents).decode()
            self.sql.execute("INSERT INTO parents VALUES (?, ?, ?)", (*key, parents))

    def reload(self) -> None:
        """Read the definitions and partitions of containers again when they are next needed."""
        self._containers.clear()

    def _drop(self, container: Container) -> None:
        drop_history(self.sql, container)
        self.sql.execute(f'DROP TABLE "{container.table.name}"')
        self.sql.execute("DELETE FROM containers WHERE number = ?", (container.number,))


def _describe_database(number: int, name: str, created: int) -> dict[str, Json]:
    own = rid(number)
    etag = f'"{number:08x}-0000-0000-0000-{created:012x}"'
    links = {"_self": f"dbs/{own}/", "_colls": "colls/", "_users": "users/"}
    return {"id": name, "_rid": own, "_etag": etag, "_ts": created} | links
