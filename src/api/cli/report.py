"""The report of rejected rows.

The report file contains all rejected rows, and the terminal shows only the first of them.
"""

from pathlib import Path
from types import TracebackType
from typing import IO, Self

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.rows import RejectedRow

ROWS_ON_SCREEN_MAX = 20


class RejectedReport:
    """An NDJSON file of rejected rows, sorted by line when the report is closed.

    The file exists only if rows were rejected.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._first: list[RejectedRow] = []
        self._file: IO[bytes] | None = None
        self._places: list[tuple[int, int]] = []  # the line of each row, and its place in the file

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file:
            with self._file:
                self._sort(self._file)

    def _sort(self, file: IO[bytes]) -> None:
        """Sort the rows by line, because the API rejects rows in any order."""
        if self._places == (places := sorted(self._places)):
            return
        draft = self.path.with_name(f"{self.path.name}.new")
        with draft.open("wb") as ordered:
            for _, place in places:
                file.seek(place)
                ordered.write(file.readline())
        draft.replace(self.path)

    def add(self, row: RejectedRow) -> None:
        self._file = self._file or self.path.open("w+b")
        self._places.append((row.line, self._file.tell()))
        self._file.write(orjson.dumps(row) + b"\n")
        self.count += 1
        if len(self._first) < ROWS_ON_SCREEN_MAX:
            self._first.append(row)

    def show(self, console: Console) -> None:
        """Print a table of the first rejected rows, in file order."""
        if not self.count:
            return
        table = Table(
            "line", "reason", title=Text(f"Rejected rows, all {self.count:,} in {self.path}")
        )
        for row in sorted(self._first, key=lambda row: row.line):
            table.add_row(str(row.line), Text(row.reason))
        if self.count > len(self._first):
            table.add_row("…", f"and {self.count - len(self._first):,} more")
        console.print(table)
