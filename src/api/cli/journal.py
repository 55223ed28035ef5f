"""The journal of an import, which records the batches that the API has acknowledged.

The next run of the import resumes after the acknowledged batches.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import orjson

from api.cli.errors import UnusableFile

FORMAT = 2  # in format 1, ids of rows without event_id were derived from line numbers


@dataclass(frozen=True, slots=True)
class RefusedRow:
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one batch: rows created, duplicates and rejected rows."""

    created: int
    duplicates: int
    refused: tuple[RefusedRow, ...] = ()

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.created + other.created,
            self.duplicates + other.duplicates,
            self.refused + other.refused,
        )


class Journal:
    """A file of JSON lines: a header about the import, then the outcome of each batch.

    A journal of another import (with other content, API or key) is overwritten. `import_id` stays
    the same while an import is resumed, so the API recognises repeated batches.
    """

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        self.path = path
        self._about = {"format": FORMAT, **about}
        self.import_id = uuid4().hex
        self.done: dict[int, Outcome] = {}

    def __enter__(self) -> Self:
        whole = self._read()
        self._file = self.path.open("ab")
        self._file.truncate(whole)  # the last line may be incomplete
        if not whole:
            self._write({**self._about, "import_id": self.import_id})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the journal and delete it after a complete import."""
        self._file.close()
        if error is None:
            self.path.unlink()

    def record(self, number: int, outcome: Outcome) -> None:
        self._write({"batch": number, **asdict(outcome)})

    def _write(self, value: object) -> None:
        self._file.write(orjson.dumps(value) + b"\n")
        self._file.flush()

    def _resume(self, header: bytes) -> bool:
        """Read the import's id from the header. Return whether the journal belongs to this import.

        Raises UnusableFile if the journal belongs to this import but has an earlier format.
        """
        if header.startswith(_start_of({**self._about, "format": 1})):
            raise UnusableFile(
                f"{self.path} belongs to an import with an earlier version, which gave rows "
                "without event_id other ids. Finish the import with that version, or delete the "
                "journal to start over. Rows without event_id are then stored again."
            )
        if not (header.startswith(_start_of(self._about)) and header.endswith(b"}\n")):
            return False
        with suppress(ValueError):  # raised if the header is damaged
            self.import_id = orjson.loads(header)["import_id"]
            return True
        return False

    def _read(self) -> int:
        """Read the outcomes into `done`. Return the total size of the complete entries in bytes."""
        lines = self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else []
        if not lines or not self._resume(lines[0]):
            return 0
        whole = len(lines[0])
        for line in lines[1:]:
            try:
                number, outcome = _parse_entry(line)
            except (ValueError, KeyError, TypeError):
                break  # incomplete if the process was killed; this and later batches are sent again
            self.done[number] = outcome
            whole += len(line)
        return whole


def _start_of(about: Mapping[str, object]) -> bytes:
    return orjson.dumps(about).removesuffix(b"}") + b',"import_id":'


def _parse_entry(line: bytes) -> tuple[int, Outcome]:
    """Return a batch's number and its outcome.

    Raises ValueError, KeyError or TypeError for an invalid line.
    """
    if not line.endswith(b"\n"):
        raise ValueError("the line is incomplete")
    entry = orjson.loads(line)
    refused = tuple(RefusedRow(**row) for row in entry["refused"])
    return entry["batch"], Outcome(entry["created"], entry["duplicates"], refused)
