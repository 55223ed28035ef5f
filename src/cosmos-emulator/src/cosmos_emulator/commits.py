"""Write transactions.

A write is on disk when its transaction ends or, in a group commit, when the group is flushed. A
disk sync takes longer than writing a hundred items, so concurrent writes can share one disk sync.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(eq=False)
class Group:
    """Writes that share a disk sync, and the outcome of the sync."""

    is_ended: bool = False
    error: BaseException | None = None  # with which the sync failed


class Commits:
    """The write transactions of one SQLite connection.

    Don't use a `Commits` object from several threads at once.
    """

    def __init__(self, sql: sqlite3.Connection) -> None:
        self._sql = sql
        self._unflushed = 0  # number of writes in the open group
        self._group = Group()  # the open group, or the next one
        self.is_grouped = False
        self.failure: sqlite3.Error | None = None  # of the last write, if it failed

    @property
    def has_unflushed(self) -> bool:
        """Return whether any writes are not on disk yet."""
        return self._unflushed > 0

    @property
    def open_group(self) -> Group | None:
        """Return the group of the writes that are not on disk yet."""
        return self._group if self._unflushed else None

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Run the `with` block as one transaction.

        All writes of the block are on disk when the block ends or, in a group commit, after the
        next flush.
        """
        is_first = not self._sql.in_transaction
        if is_first and self._unflushed:
            raise _rolled_back()
        self._sql.execute("BEGIN IMMEDIATE" if is_first else "SAVEPOINT write")
        try:
            yield
        except BaseException:
            self._undo(is_first=is_first)
            raise
        if not is_first:
            self._sql.execute("RELEASE write")
        self._unflushed += 1
        if not self.is_grouped:
            self.flush()

    @contextmanager
    def group(self) -> Generator[None]:
        """Write the transactions of the `with` block to disk together when the block ends."""
        if self.is_grouped:
            yield
            return
        self.is_grouped = True
        try:
            yield
        finally:
            self.is_grouped = False
            if self._unflushed:
                self.flush()

    def flush(self) -> None:
        """Flush all writes to disk. If the flush raises sqlite3.Error, nothing was written."""
        if not self._unflushed:
            return
        group, self._group, self._unflushed = self._group, Group(), 0
        try:
            self._commit()
        except BaseException as error:
            group.error = error
            raise
        finally:
            group.is_ended = True  # last, because other threads may read the group
        self.failure = None

    def _commit(self) -> None:
        if not self._sql.in_transaction:
            raise _rolled_back()
        try:
            self._sql.execute("COMMIT")
        finally:
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")

    def probe(self) -> None:
        """Rewrite a database page with the same content to check whether writes work again."""
        [(version,)] = self._sql.execute("PRAGMA user_version")
        try:
            self._sql.execute(f"PRAGMA user_version = {version}")
            self.failure = None
        except sqlite3.Error as error:
            self.failure = error

    def _undo(self, *, is_first: bool) -> None:
        if not self._sql.in_transaction:  # SQLite rolls back when the disk is full
            return
        if is_first:
            self._sql.execute("ROLLBACK")
        else:
            self._sql.execute("ROLLBACK TO write")
            self._sql.execute("RELEASE write")


def _rolled_back() -> sqlite3.OperationalError:
    return sqlite3.OperationalError("the group was rolled back")
