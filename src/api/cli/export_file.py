"""`analytics export FILE`: write events to a file or to standard output."""

import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from api.cli.export_format import Encoding
from api.cli.export_journal import ExportJournal, Progress, require_size

STDOUT = "-"

type Events = list[dict[str, Any]]


class FileTarget:
    """A file to which pages are appended. A page is recorded in the journal after it is durable."""

    takes_organizations = False

    def __init__(
        self,
        file: IO[bytes],
        encoding: Encoding,
        journal: ExportJournal | None = None,
        started: Progress | None = None,
    ) -> None:
        self.started = started
        self._file = file
        self._encoding = encoding
        self._journal = journal

    def write(self, events: Events, cursor: str | None, progress: Progress) -> Progress:
        data = self._encoding.encode(events, header=progress.size == 0)
        self._file.write(data)
        self._file.flush()
        done = Progress(
            progress.params, progress.size + len(data), progress.events + len(events), cursor
        )
        if self._journal:
            os.fsync(self._file.fileno())
            self._journal.save(done)
        return done

    def write_organizations(self, organizations: Sequence[Mapping[str, Any]]) -> None:
        """Write nothing: a file contains events, but no records of organisations."""

    def finish(self) -> str:
        if self._journal:
            self._journal.finish()
        return ""


@contextmanager
def open_file(out: str, encoding: Encoding, given: Mapping[str, Any]) -> Generator[FileTarget]:
    """Open the file. If an earlier run left a file, truncate it to its complete pages."""
    if out == STDOUT:
        yield FileTarget(sys.stdout.buffer, encoding)
        return
    journal = ExportJournal(Path(f"{out}.journal"), given)
    started = journal.load()
    size = started.size if started else 0
    require_size(Path(out), size, journal)
    with Path(out).open("r+b" if size else "wb") as file:
        file.truncate(size)
        file.seek(size)
        yield FileTarget(file, encoding, journal, started)
