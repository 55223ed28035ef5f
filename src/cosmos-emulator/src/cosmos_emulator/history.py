"""All versions and deletes of a container's items, which SQL triggers record.

Only containers with a `changeFeedPolicy` have a history. It keeps versions for the policy's
`retentionDuration` (in minutes): https://learn.microsoft.com/azure/cosmos-db/nosql/change-feed-modes
"""
# ruff: noqa: S608  only the names of tables are put into SQL text

import sqlite3
from typing import Any, NamedTuple

import orjson

from cosmos_emulator.containers import Container
from cosmos_emulator.partitions import PhysicalPartition

KINDS = {"INSERT": "create", "UPDATE OF body": "replace", "DELETE": "delete"}


class Version(NamedTuple):
    """One change of an item: its operation, and the item before and after it."""

    lsn: int
    kind: str
    current: bytes | None
    previous: bytes | None
    moment: int  # seconds
    expired: int  # whether the time to live of a deleted item had ended

    def text(self) -> bytes:
        """Return the change in the format of the change feed."""
        facts: dict[str, Any] = {"operationType": self.kind, "lsn": self.lsn, "crts": self.moment}
        if self.kind == "delete":
            facts["timeToLiveExpired"] = bool(self.expired)
        members = [b'"current":%b' % (self.current or b"{}")]
        if self.previous is not None:
            members.append(b'"previous":%b' % self.previous)
        members.append(b'"metadata":%b' % orjson.dumps(facts))
        return b"{" + b",".join(members) + b"}"


def change_history(sql: sqlite3.Connection, container: Container) -> None:
    """Start or stop recording the history of a container, based on its policy."""
    if container.retention_seconds is None:
        drop_history(sql, container)
        return
    sql.execute(
        f'CREATE TABLE IF NOT EXISTS "{_name(container)}" (number INTEGER PRIMARY KEY,'
        " partition INTEGER NOT NULL, lsn INTEGER NOT NULL, epk BLOB NOT NULL, kind TEXT NOT NULL,"
        " current BLOB, previous BLOB, moment INTEGER NOT NULL, expired INTEGER NOT NULL)"
    )
    for event, kind in KINDS.items():
        sql.execute(_trigger(container, event, kind))


def _trigger(container: Container, event: str, kind: str) -> str:
    row = "OLD" if kind == "delete" else "NEW"
    current = "NULL" if kind == "delete" else "NEW.body"
    previous = "NULL" if kind == "create" else "OLD.body"
    return (
        f'CREATE TRIGGER IF NOT EXISTS "{_name(container)}_{kind}" AFTER {event}'
        f' ON "{container.table.name}" BEGIN INSERT INTO "{_name(container)}"'
        " (partition, lsn, epk, kind, current, previous, moment, expired)"
        f" SELECT {row}.partition, lsn + 1, {row}.epk, '{kind}', {current}, {previous},"
        f" clock(), COALESCE({row}.expires <= clock(), 0) FROM partitions"
        f" WHERE container = {container.number} AND number = {row}.partition; END"
    )


def drop_history(sql: sqlite3.Connection, container: Container) -> None:
    """Delete the history of a container, if it has one."""
    for kind in KINDS.values():
        sql.execute(f'DROP TRIGGER IF EXISTS "{_name(container)}_{kind}"')
    sql.execute(f'DROP TABLE IF EXISTS "{_name(container)}"')


def move_history(
    sql: sqlite3.Connection, container: Container, old: int, new: PhysicalPartition
) -> None:
    """Move the history of the items that a split or a merge moves."""
    if container.retention_seconds is not None:
        sql.execute(
            f'UPDATE "{_name(container)}" SET partition = ?'
            " WHERE partition = ? AND epk >= ? AND epk < ?",
            (new.number, old, *new.bounds),
        )


def versions(
    sql: sqlite3.Connection,
    container: Container,
    partition: int,
    after: int,
    bounds: tuple[bytes, bytes],
) -> sqlite3.Cursor:
    """Return the rows of the changes after a log sequence number, in their order."""
    return sql.execute(
        "SELECT lsn, kind, current, previous, moment, expired"
        f' FROM "{_name(container)}" WHERE partition = ? AND lsn > ? AND epk >= ? AND epk < ?'
        " AND moment > clock() - ? ORDER BY lsn, number",
        (partition, after, *bounds, container.retention_seconds),
    )


def _name(container: Container) -> str:
    return f"history_{container.number}"
