"""The progress of an export: the complete bytes of its file and the next page."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from api.cli.errors import UnusableFile


@dataclass(frozen=True, slots=True)
class Progress:
    params: Mapping[str, Any]  # of the query; fixed at the start, because cursors are bound to it
    size: int = 0  # bytes of the file that hold whole pages
    events: int = 0
    cursor: str | None = None


class ExportJournal:
    """The progress of one export in a file next to it, replaced after every page."""

    def __init__(self, path: Path, given: Mapping[str, Any]) -> None:
        self.path = path
        self._given = dict(given)

    def load(self) -> Progress | None:
        """Return the position at which an earlier run stopped.

        Raises UnusableFile if that run had other options, or if its journal is invalid.
        """
        if not self.path.exists():
            return None
        try:
            entry = orjson.loads(self.path.read_bytes())
            given, progress = entry["given"], Progress(**entry["progress"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnusableFile(
                f"{self.path} is damaged, so it does not say how far the export had come. "
                "Delete it to start over."
            ) from error
        if given != orjson.loads(orjson.dumps(self._given)):
            raise UnusableFile(
                f"{self.path} is of an unfinished export with other options. Repeat those to go "
                "on, or delete it to start over."
            )
        return progress

    def save(self, progress: Progress) -> None:
        entry = {"given": self._given, "progress": asdict(progress)}
        draft = self.path.with_name(f"{self.path.name}.new")
        with draft.open("wb") as file:
            file.write(orjson.dumps(entry))
            file.flush()
            os.fsync(file.fileno())  # or a power cut leaves an empty file under the name
        draft.replace(self.path)

    def finish(self) -> None:
        self.path.unlink()
