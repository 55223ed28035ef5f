"""Open database files.

Only one process at a time can open a file, and a damaged file can't be opened.
"""

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Any

FORMAT = 1  # the version of the tables; files of the versions before it state 0
CHECKED_BYTES_MAX = 512 * 1024 * 1024  # takes about 0.3 s; larger files are checked when read
FREE_BYTES_MIN = 4 * 1024 * 1024  # the most that one transaction adds to the write-ahead log
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY_CODE = 0xFF  # of an extended error code


class FileError(RuntimeError):
    """The database file can't be opened. The error message names the file and a remedy."""


class FileInUseError(FileError):
    """Another process has the database file open."""


class DamagedFileError(FileError):
    """The file is not a database of the emulator, or part of the file is unreadable."""


def lock(path: Path) -> Any:  # noqa: ANN401  an open file
    """Lock a file next to the database.

    The operating system releases the lock when the process ends.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.with_name(path.name + ".lock").open("ab")
    except OSError as error:
        raise FileError(_unusable(path, error)) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise FileInUseError(
            f"{path} is in use by another process. Stop that process, choose another file, or run"
            " `python -m cosmos_emulator` and connect to it from both processes."
        ) from None
    return file


def connect(path: Path | None, schema: str) -> sqlite3.Connection:
    """Open a database and create missing tables. Raises FileError if the database is unusable."""
    try:
        sql = sqlite3.connect(
            path or ":memory:",
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
    except sqlite3.Error as error:
        raise FileError(_unusable(path, error)) from error
    try:
        if path:
            _check(sql, path)
        sql.executescript(schema)
    except sqlite3.Error as error:
        sql.close()
        if is_damage(error):
            raise DamagedFileError(damaged(path, error)) from error
        raise FileError(_unusable(path, error)) from error
    except FileError:
        sql.close()
        raise
    return sql


def format_of(sql: sqlite3.Connection) -> int:
    """Return the format in which a file was written."""
    [(version,)] = sql.execute("PRAGMA user_version")
    return version


def other_format(path: Path | None, reason: str) -> FileError:
    """Return the error for a file that another version of the emulator wrote."""
    return FileError(
        f"{path} was written by another version of cosmos-emulator: {reason}. Open it with that"
        " version. To use its items with this version, read them with a client of that version's"
        " server, and upsert them through a server of this version with another file."
    )


def _check(sql: sqlite3.Connection, path: Path) -> None:
    tables = {name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    if tables and "databases" not in tables:
        raise DamagedFileError(damaged(path, "it is a database of another program"))
    if (version := format_of(sql)) > FORMAT:
        raise other_format(path, f"its format is {version}, and this version reads up to {FORMAT}")
    size = path.stat().st_size
    [(page_size,)] = sql.execute("PRAGMA page_size")
    if size % page_size and not _has_log(path):
        raise DamagedFileError(damaged(path, "it ends within a page"))
    if size <= CHECKED_BYTES_MAX:
        [(found,)] = sql.execute("PRAGMA quick_check(1)")
        if found != "ok":
            raise DamagedFileError(damaged(path, found.replace("\n", " ")))


def _has_log(path: Path) -> bool:
    """Return whether the write-ahead log may contain pages, for example after a crash."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def is_damage(error: sqlite3.Error) -> bool:
    """Return whether an SQLite error means that the database file is damaged."""
    return primary_code(error) in _DAMAGE


def primary_code(error: sqlite3.Error) -> int:
    """Return the primary error code of SQLite, or 0 for an error of the `sqlite3` module."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE


def damaged(path: Path | None, reason: object) -> str:
    """Return an error message about a damaged file, with a remedy."""
    return (
        f"{path} is damaged: {reason}. Restore the file from a backup. To start with an empty file,"
        " move it away, together with the files whose names begin with its name."
    )


def _unusable(path: Path | None, reason: object) -> str:
    return (
        f"{path} can't be opened: {reason}. Check the folder, its permissions and its free space."
    )


def lack_of_space(path: Path | None) -> str | None:
    """Return a message if the file system has too little space left, or None."""
    if path is None:
        return None
    status = os.statvfs(path.parent)
    free = status.f_bavail * status.f_frsize
    return (
        None if free >= FREE_BYTES_MIN else f"The disk of {path} is full: {free:,} bytes are free."
    )
