"""Look up a container's items in SQLite, and write several items in one transaction.

Only the names of tables and columns are formatted into SQL text. Values are always bound as SQL
parameters.
"""
# ruff: noqa: S608  see above

import base64
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple, Self

from cosmos_emulator.containers import Container
from cosmos_emulator.documents import expiry, serialise
from cosmos_emulator.errors import CosmosError, conflict
from cosmos_emulator.partitions import Key
from cosmos_emulator.query.table import Table, quoted
from cosmos_emulator.query.values import Json, encode, follow
from cosmos_emulator.storage import Storage

RID_LENGTH = 24  # 16 bytes in base64
_STAMPED = (  # an item and its system properties
    b'%b,"_rid":"%b","_self":"%b%b/","_etag":"\\"%b\\"","_attachments":"attachments/","_ts":%d}'
)
PURGE_EVERY = 8  # log sequence numbers, each of which is one item or one batch of up to 100 items
PURGE_ROWS_MAX = 1_000


class StoredItem(NamedTuple):
    """An item as stored on disk. `number` is the last part of the item's resource id."""

    number: int
    id: str
    etag: str
    body: bytes


def find(
    sql: sqlite3.Connection, container: Container, key: Key, name: str, now: int
) -> StoredItem | None:
    """Return the unexpired item with this id or resource id in a logical partition."""
    row = _find_by_id(sql, container, key, name) or _find_by_rid(sql, container, key, name)
    if row is None or (row[4] is not None and row[4] <= now):
        return None
    return StoredItem(row[0], row[1][1:].decode(), row[2], row[3])


def _find_by_id(
    sql: sqlite3.Connection, container: Container, key: Key, name: str
) -> tuple[Any, ...] | None:
    return sql.execute(
        f'SELECT number, id, etag, body, expires FROM "{container.table.name}"'
        " WHERE key = ? AND id = ?",
        (key.text, encode(name)),
    ).fetchone()


def _find_by_rid(
    sql: sqlite3.Connection, container: Container, key: Key, name: str
) -> tuple[Any, ...] | None:
    if len(name) != RID_LENGTH or not name.endswith("=="):
        return None
    number = int.from_bytes(base64.b64decode(name, b"+-")[8:], "big")
    return sql.execute(
        f'SELECT number, id, etag, body, expires FROM "{container.table.name}"'
        " WHERE number = ? AND key = ?",
        (number, key.text),
    ).fetchone()


class Writer:
    """A writer of items in one logical partition. Call the writer's methods within `transaction`.

    All writes of a transaction share one log sequence number. If the block of the transaction
    raises an exception, nothing is written.
    """

    def __init__(self, storage: Storage, container: Container, key: Key, now: int) -> None:
        self.container = container
        self.key = key
        self.partition = container.partition_of(key.effective).number
        self._counter = container.number, self.partition
        self._storage = storage
        self._sql = storage.sql
        self._now = now
        self._lsn = storage.lsn[self._counter] + 1
        self._written = 0
        self._rid_prefix = container.rid_bytes
        self._etag = f"{container.number:08x}-{self.partition:04x}-%04x-0000-{self._lsn:012x}"
        self._link = f"{container.link}docs/".encode()

    @contextmanager
    def transaction(self) -> Generator[Self]:
        """Run the `with` block as one transaction.

        All writes of the block are on disk when the block ends or, in a group commit, after the
        next flush.
        """
        with self._storage.commits.transaction():
            yield self
            if self._written:
                self._count()
        if self._written:
            self._storage.lsn[self._counter] = self._lsn

    def _count(self) -> None:
        self._sql.execute(
            "UPDATE partitions SET lsn = ?, last_item = ? WHERE container = ? AND number = ?",
            (self._lsn, self._storage.last_items[self.container.number], *self._counter),
        )
        if self._lsn % PURGE_EVERY == 0:
            self._purge()

    def find(self, name: str) -> StoredItem | None:
        """Return the unexpired item with this id or resource id in the logical partition."""
        return find(self._sql, self.container, self.key, name, self._now)

    def insert(self, documents: Sequence[dict[str, Json]]) -> list[StoredItem]:
        """Add validated documents.

        Raises sqlite3.IntegrityError if an id or unique key already exists.
        """
        last_items, container = self._storage.last_items, self.container.number
        first = last_items[container] + 1  # a number that no item of the container has ever had
        last_items[container] += len(documents)
        stored = [self._stamp(first + n, document) for n, document in enumerate(documents)]
        rows = [self._columns(*pair) for pair in zip(stored, documents, strict=True)]
        self._sql.executemany(_insert_statement(self.container.table), rows)
        return stored

    def create(self, document: dict[str, Json]) -> StoredItem:
        """Add one validated document. Raises 409 if another item has the same id or unique key."""
        self._remove_expired(document["id"])
        try:
            return self.insert([document])[0]
        except sqlite3.IntegrityError as error:
            raise _taken(error) from None

    def replace(self, old: StoredItem, document: dict[str, Json]) -> StoredItem:
        """Replace a stored item, but keep its resource id.

        Raises 409 if another item has the same id or unique key.
        """
        if document["id"] != old.id:
            self._remove_expired(document["id"])
        stored = self._stamp(old.number, document)
        try:
            row = self._columns(stored, document)
            self._sql.execute(_replace_statement(self.container.table), row)
        except sqlite3.IntegrityError as error:
            raise _taken(error) from None
        return stored

    def delete(self, stored: StoredItem) -> None:
        """Remove an item."""
        self._delete("number = ?", stored.number)
        self._written += 1

    def delete_all(self) -> int:
        """Remove all items of the logical partition, and return their number."""
        table = self.container.table.name
        count = self._sql.execute(f'DELETE FROM "{table}" WHERE key = ?', (self.key.text,)).rowcount
        self._written += count
        return count

    def _delete(self, condition: str, *values: object) -> None:
        table = self.container.table.name
        self._sql.execute(f'DELETE FROM "{table}" WHERE {condition}', values)

    def _remove_expired(self, name: str) -> None:
        if self.container.default_ttl is None:
            return
        if self.container.unique_keys:
            self._delete("key = ? AND expires <= ?", self.key.text, self._now)
        else:
            condition = "key = ? AND id = ? AND expires <= ?"
            self._delete(condition, self.key.text, encode(name), self._now)

    def _purge(self) -> None:
        """Delete some of the expired items from the database file.

        Requests ignore expired items even before these are deleted.
        """
        table = self.container.table.name
        expired = f'SELECT number FROM "{table}" WHERE expires <= ? LIMIT {PURGE_ROWS_MAX}'
        self._delete(f"number IN ({expired})", self._now)

    def _stamp(self, number: int, document: dict[str, Json]) -> StoredItem:
        """Return an item whose JSON text is the document with system properties appended."""
        text = serialise(document)
        rid = base64.b64encode(self._rid_prefix + number.to_bytes(8, "big"), b"+-")
        etag = self._etag % self._written
        values = (text[:-1], rid, self._link, rid, etag.encode(), self._now)
        self._written += 1
        return StoredItem(number, document["id"], f'"{etag}"', _STAMPED % values)

    def _columns(self, stored: StoredItem, document: dict[str, Json]) -> tuple[Any, ...]:
        """Return the column values of an item, in the order of `_column_names`."""
        key, table = self.key, self.container.table
        return (
            key.text,
            encode(stored.id),
            key.effective,
            self.partition,
            self._lsn,
            stored.etag,
            expiry(document, self.container.default_ttl, self._now),
            stored.body,
            *([key.root] if table.has_root else []),
            *[encode(follow(document, path)) for path in table.paths],
            stored.number,
        )


def _column_names(table: Table) -> list[str]:
    names = ["key", "id", "epk", "partition", "lsn", "etag", "expires", "body"]
    paths = [quoted(path) for path in table.paths]
    return [*names, *(["root"] if table.has_root else []), *paths, "number"]


@lru_cache(maxsize=256)
def _insert_statement(table: Table) -> str:
    names = _column_names(table)
    return f'INSERT INTO "{table.name}" ({", ".join(names)}) VALUES ({", ".join("?" * len(names))})'


@lru_cache(maxsize=256)
def _replace_statement(table: Table) -> str:
    values = ", ".join(f"{name} = ?" for name in _column_names(table)[:-1])
    return f'UPDATE "{table.name}" SET {values} WHERE number = ?'


def _taken(error: sqlite3.IntegrityError) -> CosmosError:
    if ".id" in str(error):
        return conflict()
    return conflict("Unique index constraint violation.")
