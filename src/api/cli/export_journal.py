"""The progress of an export: how much of its file is complete, and which page is next."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from api.cli.errors import UnusableFile


@dataclass(frozen=True, slots=True)
class Progress:
    params: Mapping[str, Any]  # the query; it must not change, because cursors are bound to it
    size: int = 0  # the size of the complete pages in the file, in bytes
    events: int = 0
    cursor: str | None = None
    day: str = ""  # of the last page, if there is a file per day


def require_size(out: Path, size: int, journal: "ExportJournal") -> None:
    """Raise UnusableFile if the file is shorter than its journal says."""
    if not size or (out.exists() and out.stat().st_size >= size):
        return
    found = f"has {out.stat().st_size:,} bytes" if out.exists() else "no longer exists"
    raise UnusableFile(
        f"{out} {found}, but {journal.path} records {size:,} bytes. "
        "Restore the file, or delete the journal to start over."
    )


class ExportJournal:
    """A file that records an export's progress.

    The journal is next to the exported file and is replaced after every page.
    """

    def __init__(self, path: Path, given: Mapping[str, Any]) -> None:
        self.path = path
        self._given = dict(given)

    def load(self) -> Progress | None:
        """Return the position at which an earlier run stopped.

        Raises UnusableFile if the earlier run had other options, or if its journal is invalid.
        """
        if not self.path.exists():
            return None
        try:
            entry = orjson.loads(self.path.read_bytes())
            given, progress = entry["given"], Progress(**entry["progress"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnusableFile(
                f"{self.path} is damaged, so the progress of the export is unknown. "
                "Delete it to start over."
            ) from error
        if given != orjson.loads(orjson.dumps(self._given)):
            raise UnusableFile(
                f"{self.path} belongs to an unfinished export with other options. Use the same "
                "options to resume it, or delete it to start over."
            )
        return progress

    def save(self, progress: Progress) -> None:
        entry = {"given": self._given, "progress": asdict(progress)}
        draft = self.path.with_name(f"{self.path.name}.new")
        with draft.open("wb") as file:
            file.write(orjson.dumps(entry))
            file.flush()
            os.fsync(file.fileno())  # otherwise a power cut could leave an empty file
        draft.replace(self.path)

    def finish(self) -> None:
        self.path.unlink()
