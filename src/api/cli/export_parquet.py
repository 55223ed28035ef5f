"""`analytics export --parquet`: write a Parquet file per day of events.

The pages of a day are first appended to a file of JSON lines. Once the day is complete, this file
is converted. DuckDB converts the file, because it needs little memory for a day of any size, and
because insights need DuckDB anyway.
"""

import os
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from api.cli.errors import Failure, UnusableFile
from api.cli.export_journal import ExportJournal, Progress, require_size

FILE = "events.parquet"

type Convert = Callable[[Path, Path], None]


class ParquetTarget:
    """A folder with a Parquet file per UTC day, such as `day=2026-11-01/events.parquet`.

    The journal names the day of the last page and the size of this day's lines. Lines of earlier
    days are complete.
    """

    takes_organizations = False

    def __init__(
        self, folder: Path, journal: ExportJournal, started: Progress | None, convert: Convert
    ) -> None:
        self.started = started
        self._folder = folder
        self._journal = journal
        self._convert = convert

    def write(
        self, events: list[dict[str, Any]], cursor: str | None, progress: Progress
    ) -> Progress:
        day, size = progress.day, progress.size
        for event_day, group in groupby(events, key=lambda event: str(event["timestamp"])[:10]):
            size = self._append(event_day, group, is_new=event_day != day)
            day = event_day
        done = Progress(progress.params, size, progress.events + len(events), cursor, day)
        self._journal.save(done)
        for path in lines_in(self._folder, before=day):
            self._write_day(path)
            path.unlink()
        return done

    def write_organizations(self, organizations: Sequence[Mapping[str, Any]]) -> None:
        """Write nothing: the files contain events, but no records of organisations."""

    def finish(self) -> str:
        rest = lines_in(self._folder)
        for path in rest:
            self._write_day(path)
        self._journal.finish()  # it must not name lines that no longer exist
        _remove(rest)
        count = sum(1 for _ in self._folder.glob(f"day=*/{FILE}"))
        return f" in {count:,} files"

    def _append(self, day: str, events: Iterable[Mapping[str, Any]], *, is_new: bool) -> int:
        """Append the events to the day's file of JSON lines. Return the file's size in bytes."""
        with lines_of(self._folder, day).open("wb" if is_new else "ab") as file:
            file.writelines(map(_line, events))
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def _write_day(self, lines: Path) -> None:
        """Convert the JSON lines of a complete day to its Parquet file, or replace this file."""
        out = self._folder / f"day={lines.stem.removeprefix('.')}" / FILE
        out.parent.mkdir(exist_ok=True)
        draft = out.with_name(f".{FILE}.new")
        self._convert(lines, draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())  # the lines are deleted afterwards
        draft.replace(out)


def lines_of(folder: Path, day: str) -> Path:
    """Return the file with the JSON lines of a day."""
    return folder / f".{day}.ndjson"


def lines_in(folder: Path, *, before: str = "9999", after: str = "") -> list[Path]:
    """Return the files of JSON lines of the days between these two days."""
    first, last = lines_of(folder, after).stem, lines_of(folder, before).stem
    return sorted(path for path in folder.glob(".*.ndjson") if first < path.stem < last)


def _line(event: Mapping[str, Any]) -> bytes:
    properties = orjson.dumps(event["properties"]).decode()
    return orjson.dumps({**event, "properties": properties}) + b"\n"


@contextmanager
def open_folder(folder: Path, given: Mapping[str, Any]) -> Generator[ParquetTarget]:
    """Create the folder, or continue an unfinished export in it.

    Raises Failure if DuckDB is missing, and UnusableFile if the folder has other files.
    """
    try:
        from api.lake.day_files import write_day_file  # noqa: PLC0415
    except ImportError as error:
        raise Failure("Parquet needs DuckDB: install acme-analytics[insights].") from error
    journal = ExportJournal(folder.with_name(f"{folder.name}.journal"), given)
    started = journal.load()
    if started:
        _return_to(folder, started, journal)
    else:
        folder.mkdir(exist_ok=True)
        _remove(lines_in(folder))  # of a run that ended before it recorded a page
        if any(folder.iterdir()):
            raise UnusableFile(f"{folder} is not empty. Name a new folder.")
    yield ParquetTarget(folder, journal, started, write_day_file)


def _return_to(folder: Path, started: Progress, journal: ExportJournal) -> None:
    """Remove the lines of a page that isn't in the journal."""
    lines = lines_of(folder, started.day)
    require_size(lines, started.size, journal)
    if started.day:
        os.truncate(lines, started.size)
    _remove(lines_in(folder, after=started.day))


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink()
