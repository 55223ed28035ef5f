"""How far an export has come: which bytes of its file are whole and which page comes next."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from api.cli.errors import Failure


@dataclass(frozen=True, slots=True)
class Progress:
    params: Mapping[str, Any]  # of the query; fixed at the start, because cursors are bound to it
    size: int = 0  # bytes of the file that hold whole pages
    events: int = 0
    cursor: str | None = None


class ExportJournal:
    """The progress of one export beside its file, replaced after every page."""

    def __init__(self, path: Path, given: Mapping[str, Any]) -> None:
        self._path = path
        self._given = dict(given)

    def load(self) -> Progress | None:
        """Where an earlier run stopped. Raises Failure if that run had other options."""
        if not self._path.exists():
            return None
        entry = orjson.loads(self._path.read_bytes())
        if entry["given"] != orjson.loads(orjson.dumps(self._given)):
            raise Failure(
                f"{self._path} is of an unfinished export with other options. Repeat those to go "
                "on, or delete it to start over."
            )
        return Progress(**entry["progress"])

    def save(self, progress: Progress) -> None:
        entry = {"given": self._given, "progress": asdict(progress)}
        draft = self._path.with_name(f"{self._path.name}.new")
        draft.write_bytes(orjson.dumps(entry))
        draft.replace(self._path)

    def finish(self) -> None:
        self._path.unlink()
