"""The items of a container in SQLite: how they are stored, stamped, found, written and expire."""

import base64
import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, Self

import orjson

from .containers import Container
from .errors import bad_request, conflict, too_large
from .partitions import Key, PhysicalPartition, steps_of
from .query.table import Steps, Table, quoted
from .query.values import UNDEFINED, Json, encode, follow

ITEM_BYTES_MAX = 2 * 1024 * 1024
ID_BYTES_MAX = 1_023
ID_FORBIDDEN = frozenset("/\\?#")
SYSTEM_PROPERTIES = ("_rid", "_self", "_etag", "_attachments", "_ts", "_lsn")
PURGE_EVERY = 256  # transactions
PURGE_ROWS_MAX = 1_000


class Stored(NamedTuple):
    """An item as it is on disk."""

    number: int
    etag: str
    body: bytes


class Row(NamedTuple):
    """An item about to be written: its body, and all of its columns but the number."""

    number: int
    etag: str
    body: bytes
    columns: tuple[Any, ...]


class Counters(Protocol):
    """What a writer needs of the store."""

    sql: sqlite3.Connection
    lsn: dict[tuple[int, int], int]


# Tables


def connect_functions(sql: sqlite3.Connection) -> None:
    """Teaches SQLite the two functions that re-index stored items."""
    sql.create_function("encoded", 2, _encoded, deterministic=True)
    sql.create_function("expiry", 2, _expiry, deterministic=True)


def create_table(sql: sqlite3.Connection, container: Container) -> None:
    """The table of a new container and its indexes."""
    table = container.table
    root = ", root BLOB" if table.has_root else ""
    paths = "".join(f", {quoted(path)} BLOB" for path in table.paths)
    sql.execute(
        f'CREATE TABLE "{table.name}" (number INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL,'
        " id BLOB NOT NULL, epk BLOB NOT NULL, partition INTEGER NOT NULL, lsn INTEGER NOT NULL,"
        f" etag TEXT NOT NULL, expires INTEGER, body BLOB NOT NULL{root}{paths})"
    )
    _create_indexes(sql, container)


def migrate(sql: sqlite3.Connection, old: Container, new: Container) -> None:
    """Brings the table of a container in line with its changed definition."""
    table = new.table
    for path in (path for path in table.paths if path not in old.table.paths):
        sql.execute(f'ALTER TABLE "{table.name}" ADD COLUMN {quoted(path)} BLOB')
        text = "".join(f"/{step}" for step in path)
        sql.execute(f'UPDATE "{table.name}" SET {quoted(path)} = encoded(body, ?)', (text,))
    for path in (path for path in old.table.paths if path not in table.paths):
        sql.execute(f"DROP INDEX IF EXISTS {table.index(quoted(path))}")
        sql.execute(f'ALTER TABLE "{table.name}" DROP COLUMN {quoted(path)}')
    _create_indexes(sql, new)
    if old.default_ttl != new.default_ttl:
        sql.execute(f'UPDATE "{table.name}" SET expires = expiry(body, ?)', (new.default_ttl,))


def _create_indexes(sql: sqlite3.Connection, container: Container) -> None:
    table = container.table
    wanted = {
        "key": "key, id",
        "partition": "partition, lsn",
        "expires": "expires",
    } | {quoted(path): f"{quoted(path)}, {table.root}, id" for path in table.paths}
    if table.has_root:
        wanted["root"] = "root, id"
    for column, columns in wanted.items():
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
        # A missing property counts as a value: two items without it are in conflict.
        values = ", ".join(f"COALESCE({quoted(path)}, x'00')" for path in paths)
        sql.execute(
            f'CREATE UNIQUE INDEX IF NOT EXISTS "{table.name}_unique_{position}"'
            f' ON "{table.name}" (key, {values})'
        )


def _encoded(body: bytes, path: str) -> bytes | None:
    return encode(follow(orjson.loads(body), steps_of(path)))


def _expiry(body: bytes, default_ttl: int | None) -> int | None:
    document = orjson.loads(body)
    return expiry(document, default_ttl, document["_ts"])


# Documents


def check_document(document: Json, container: Container, key: Key) -> None:
    """400 unless a document may be stored under this key."""
    if not isinstance(document, dict):
        raise bad_request("The input content is invalid because it is not a JSON object.")
    check_id(document.get("id"))
    if not container.partition_key.matches(document, key):
        raise bad_request(
            "PartitionKey extracted from document doesn't match the one specified in the header.",
            substatus=1001,
        )


def check_id(identifier: Json) -> None:
    """400 unless it is the id of an item: 1 to 1,023 bytes, no `/ \\ ? #`, no space at the end."""
    if not isinstance(identifier, str) or not identifier:
        raise bad_request(
            "The input content is invalid because the required property 'id' is missing."
        )
    if len(identifier) > ID_BYTES_MAX // 4 and len(identifier.encode()) > ID_BYTES_MAX:
        raise bad_request("The id is too long: 1023 bytes at most.")
    if not ID_FORBIDDEN.isdisjoint(identifier) or identifier[-1] == " ":
        raise bad_request("The id contains illegal characters.")


def expiry(document: Json, default_ttl: int | None, written_at: int) -> int | None:
    """The second at which an item vanishes; None: never. 400 for a `ttl` that is none."""
    if default_ttl is None:
        return None
    ttl = document.get("ttl", default_ttl)
    if ttl is None:
        ttl = default_ttl
    if type(ttl) is not int or not (ttl == -1 or 0 < ttl < 1 << 31):
        raise bad_request("The input ttl is invalid: it must be -1 or a positive integer.")
    return None if ttl == -1 else written_at + ttl


# Reading


def find(
    sql: sqlite3.Connection, container: Container, key: Key, name: str, now: float
) -> Stored | None:
    """The living item with this id (or rid) in a logical partition."""
    row = sql.execute(
        f'SELECT number, etag, body, expires FROM "{container.table.name}"'
        " WHERE key = ? AND id = ?",
        (key.text, encode(name)),
    ).fetchone()
    if row is None:
        row = _find_by_rid(sql, container, key, name)
    if row is None or (row[3] is not None and row[3] <= now):
        return None
    return Stored(*row[:3])


def _find_by_rid(
    sql: sqlite3.Connection, container: Container, key: Key, name: str
) -> tuple[Any, ...] | None:
    if len(name) != 24 or not name.endswith("=="):  # noqa: PLR2004  16 bytes in base64
        return None
    number = int.from_bytes(base64.b64decode(name, b"+-")[8:], "big")
    return sql.execute(
        f'SELECT number, etag, body, expires FROM "{container.table.name}"'
        " WHERE number = ? AND key = ?",
        (number, key.text),
    ).fetchone()


# Writing


class Writer:
    """A write transaction in one logical partition.

    All that is written inside the `with` block has one log sequence number and is on disk after it;
    if the block raises, nothing is written.
    """

    def __init__(self, store: Counters, container: Container, key: Key, now: int) -> None:
        self.store = store
        self.container = container
        self.key = key
        self.now = now
        self.partition: PhysicalPartition = container.partition_of(key.effective)
        self.lsn = store.lsn[self._counter] + 1
        self._written = 0
        self._next_number = 0
        self._rid_prefix = base64.b64decode(container.rid, b"+-")
        self._etag_prefix = f"{container.number:08x}-{self.partition.number:04x}-"
        self._link = f"{container.link}docs/"

    @property
    def _counter(self) -> tuple[int, int]:
        return self.container.number, self.partition.number

    def __enter__(self) -> Self:
        self.store.sql.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None or not self._written:
            self.store.sql.execute("ROLLBACK")
            return
        self.store.sql.execute(
            "UPDATE partitions SET lsn = ? WHERE container = ? AND number = ?",
            (self.lsn, *self._counter),
        )
        if self.lsn % PURGE_EVERY == 0:
            purge(self.store.sql, self.container, self.now)
        self.store.sql.execute("COMMIT")
        self.store.lsn[self._counter] = self.lsn

    def find(self, name: str) -> Stored | None:
        """The living item with this id, as this transaction sees it."""
        return find(self.store.sql, self.container, self.key, name, self.now)

    def insert(self, documents: Sequence[dict[str, Json]]) -> list[Row]:
        """Adds checked documents; sqlite3.IntegrityError if an id or unique key is taken."""
        rows = [self._row(self._new_number(), document) for document in documents]
        self.store.sql.executemany(_insert_statement(self.container.table), _columns(rows))
        return rows

    def create(self, document: dict[str, Json]) -> Row:
        """Adds one checked document, over an expired one if need be; 409 if it is there."""
        self._remove_expired(document["id"])
        try:
            return self.insert([document])[0]
        except sqlite3.IntegrityError as error:
            raise _taken(error) from None

    def replace(self, stored: Stored, document: dict[str, Json]) -> Row:
        """Puts a checked document in the place of a stored one, whose rid it keeps; 409."""
        row = self._row(stored.number, document)
        try:
            self.store.sql.execute(_replace_statement(self.container.table), _column_values(row))
        except sqlite3.IntegrityError as error:
            raise _taken(error) from None
        return row

    def delete(self, stored: Stored) -> None:
        """Removes an item."""
        self._delete("number = ?", stored.number)
        self._written += 1

    def _remove_expired(self, name: str) -> None:
        if self.container.default_ttl is not None:
            self._delete(
                "key = ? AND id = ? AND expires <= ?", self.key.text, encode(name), self.now
            )

    def _delete(self, condition: str, *values: object) -> None:
        self.store.sql.execute(
            f'DELETE FROM "{self.container.table.name}" WHERE {condition}', values
        )

    def _new_number(self) -> int:
        if not self._next_number:
            row = self.store.sql.execute(
                "SELECT seq FROM sqlite_sequence WHERE name = ?", (self.container.table.name,)
            ).fetchone()
            self._next_number = row[0] if row else 0
        self._next_number += 1
        return self._next_number

    def _row(self, number: int, document: dict[str, Json]) -> Row:
        """Stamps a document with its system properties, by text: it is serialised only once."""
        for name in SYSTEM_PROPERTIES:
            document.pop(name, None)
        text = _serialised(document)
        rid = base64.b64encode(self._rid_prefix + number.to_bytes(8, "big"), b"+-").decode()
        etag = f"{self._etag_prefix}{self._written:04x}-0000-{self.lsn:012x}"
        stamp = (
            f',"_rid":"{rid}","_self":"{self._link}{rid}/","_etag":"\\"{etag}\\"",'
            f'"_attachments":"attachments/","_ts":{self.now}}}'
        )
        self._written += 1
        body = text[:-1] + stamp.encode()
        return Row(number, f'"{etag}"', body, self._columns(document, body, f'"{etag}"'))

    def _columns(self, document: dict[str, Json], body: bytes, etag: str) -> tuple[Any, ...]:
        container, key = self.container, self.key
        table = container.table
        expires = expiry(document, container.default_ttl, self.now)
        return (
            key.text,
            encode(document["id"]),
            key.effective,
            self.partition.number,
            self.lsn,
            etag,
            expires,
            body,
            *((key.root,) if table.has_root else ()),
            *(_indexed(document, path) for path in table.paths),
        )


def purge(sql: sqlite3.Connection, container: Container, now: int) -> None:
    """Deletes some of the expired items, which nobody sees any more."""
    table = container.table.name
    sql.execute(
        f'DELETE FROM "{table}" WHERE number IN'
        f' (SELECT number FROM "{table}" WHERE expires <= ? LIMIT {PURGE_ROWS_MAX})',
        (now,),
    )


def _serialised(document: dict[str, Json]) -> bytes:
    text = orjson.dumps(document)
    if len(text) > ITEM_BYTES_MAX:
        raise too_large()
    return text


def _indexed(document: dict[str, Json], path: Steps) -> bytes | None:
    if len(path) == 1:
        return encode(document.get(path[0], UNDEFINED))  # pyright: ignore[reportArgumentType]
    return encode(follow(document, path))


def _column_names(table: Table) -> list[str]:
    names = ["key", "id", "epk", "partition", "lsn", "etag", "expires", "body"]
    return names + (["root"] if table.has_root else []) + [quoted(path) for path in table.paths]


def _insert_statement(table: Table) -> str:
    names = [*_column_names(table), "number"]
    return f'INSERT INTO "{table.name}" ({", ".join(names)}) VALUES ({", ".join("?" * len(names))})'


def _replace_statement(table: Table) -> str:
    values = ", ".join(f"{name} = ?" for name in _column_names(table))
    return f'UPDATE "{table.name}" SET {values} WHERE number = ?'


def _column_values(row: Row) -> tuple[Any, ...]:
    return (*row.columns, row.number)


def _columns(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    return [_column_values(row) for row in rows]


def _taken(error: sqlite3.IntegrityError) -> Exception:
    if ".id" in str(error):
        return conflict()
    return conflict("Unique index constraint violation.")
