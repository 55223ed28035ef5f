"""Output of commands. Commands write results to stdout and everything else to stderr."""

import re

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

# Printed text may contain user input, so neither markup nor the names of emojis are interpreted.
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

_INVISIBLE = re.compile(r"[^\S ]+|[\x00-\x1F\x7F-\x9F]+")


def one_line(text: str) -> str:
    """Replace line breaks and control characters with spaces, because they could imitate output."""
    return _INVISIBLE.sub(" ", text).strip()


class RowsColumn(ProgressColumn):
    """A progress column with the number of rows and the rows per second.

    The progress task has the fields `rows` and `resumed`; `resumed` is the number of rows that
    earlier runs processed.
    """

    def render(self, task: Task) -> Text:
        rows: int = task.fields["rows"]
        rate = (rows - task.fields["resumed"]) / (task.elapsed or 1)
        return Text(f"{rows:,} rows · {rate:,.0f} rows/s", style="progress.data.speed")


def rows_progress() -> Progress:
    """Return a progress bar with a description, rows, rows per second and remaining time."""
    what = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return Progress(
        TextColumn("{task.description}", markup=False, table_column=what),
        BarColumn(bar_width=16),
        RowsColumn(table_column=Column(no_wrap=True)),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        console=err,
        expand=True,
    )
