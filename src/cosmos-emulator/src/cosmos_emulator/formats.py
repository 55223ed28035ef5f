"""Open files that earlier versions of the emulator wrote."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from cosmos_emulator.containers import Container
from cosmos_emulator.errors import CosmosError
from cosmos_emulator.files import FORMAT, format_of, other_format
from cosmos_emulator.tables import missing_columns


def adopt(
    sql: sqlite3.Connection, path: Path | None, load: Callable[[str, str], Container]
) -> None:
    """Mark a file of an earlier version as one of this version.

    Raises FileError if its tables differ. `load` returns a container by its database and its name.
    """
    if format_of(sql) == FORMAT:
        return
    rows = sql.execute(
        "SELECT d.name, c.name FROM containers c JOIN databases d ON d.number = c.database"
    )
    for database, name in rows.fetchall():
        try:
            missing = missing_columns(sql, load(database, name))
        except CosmosError as error:
            reason = f"the container '{name}' is invalid: {error.message}"
            raise other_format(path, reason) from None
        if missing:
            reason = f"the container '{name}' lacks the columns {', '.join(missing)}"
            raise other_format(path, reason)
    sql.execute(f"PRAGMA user_version = {FORMAT}")
