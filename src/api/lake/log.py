"""Read the log of a Delta Lake table: which files belong to its latest version.

deltalake can also read the log, but its package is 128 MB. Without it, a function that only reads
fits into a Lambda package of 250 MB. Delta Lake's protocol specification describes the format of
the log (delta-io/delta, PROTOCOL.md). Tables that need more than version 1 of the reader's protocol
are refused.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

import orjson

from api.domain.times import format_timestamp, parse_timestamp
from api.lake.protocol import LakeUnavailable

READER_VERSION_MAX = 1
_COMMIT = re.compile(r"(\d{20})\.json")
_LAST_CHECKPOINT = "_last_checkpoint"
_COMMITS_MAX = 40  # twice the interval of checkpoints in our tables
_DAMAGED = (ValueError, KeyError, TypeError, AttributeError)  # raised for unexpected JSON


class LogFiles(Protocol):
    """The files in the folder `_delta_log` of a table."""

    async def names(self, *, after: str) -> Sequence[str]:
        """Return the names of the files that sort after this name."""
        ...

    async def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if the file is missing."""
        ...

    async def read_checkpoint(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return the actions `add` and `protocol` of a checkpoint, which is a Parquet file."""
        ...


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file with events of one day, and its statistics."""

    day: str
    count: int
    received_until: str | None


@dataclass(frozen=True, slots=True)
class TableState:
    """A version of a table, and its files by their path in the table. Version -1: no table."""

    version: int = -1
    files: Mapping[str, DataFile] = field(default_factory=dict[str, DataFile])


async def read_state(log: LogFiles, known: TableState | None = None) -> TableState:
    """Return the latest state of a table, continuing from an earlier state if one is known.

    Raises LakeUnavailable if the log has gaps or needs a newer reader.
    """
    state = known or await _read_checkpointed(log)
    names = await log.names(after=f"{state.version:020}.json" if state.version >= 0 else "")
    commits = sorted(name for name in names if _COMMIT.fullmatch(name))
    if known and len(commits) > _COMMITS_MAX:  # a checkpoint has most of them
        return await read_state(log)
    contents = await asyncio.gather(*map(log.read, commits))
    expected = [f"{state.version + 1 + n:020}.json" for n in range(len(commits))]
    if commits != expected or None in contents:
        if known:  # commits after the known state were deleted, because a checkpoint has them
            return await read_state(log)
        raise LakeUnavailable("the log of the table has a gap")
    try:
        actions = [orjson.loads(line) for one in contents if one for line in one.splitlines()]
        return TableState(state.version + len(commits), _apply(state.files, actions))
    except _DAMAGED as error:
        raise LakeUnavailable(f"the log of the table is damaged: {error!r}") from error


async def _read_checkpointed(log: LogFiles) -> TableState:
    last = await log.read(_LAST_CHECKPOINT)
    if last is None:
        return TableState()
    try:
        pointer = orjson.loads(last)
        version: int = pointer["version"]
        if pointer.get("parts") or pointer.get("v2Checkpoint"):
            raise LakeUnavailable("the table has a checkpoint in several files")
        actions = await log.read_checkpoint(f"{version:020}.checkpoint.parquet")
        return TableState(version, _apply({}, actions))
    except _DAMAGED as error:
        raise LakeUnavailable(f"the last checkpoint is damaged: {error!r}") from error


def _apply(
    files: Mapping[str, DataFile], actions: Iterable[Mapping[str, Any]]
) -> Mapping[str, DataFile]:
    """Apply the actions of the log to the files, and return the resulting files."""
    current = dict(files)
    for action in actions:
        match action:
            case {"add": {"path": path, "partitionValues": {"day": day}, "stats": stats}}:
                current[unquote(path)] = _data_file(day, orjson.loads(stats))
            case {"add": dict()}:
                raise LakeUnavailable("a file of the table has no day or no statistics")
            case {"remove": {"path": path}}:
                current.pop(unquote(path), None)
            case {"protocol": {"minReaderVersion": int(version)}} if version > READER_VERSION_MAX:
                raise LakeUnavailable(f"the table needs version {version} of the reader")
            case _:
                pass
    return current


def _data_file(day: str, stats: Mapping[str, Any]) -> DataFile:
    received = stats.get("maxValues", {}).get("received_at")
    until = format_timestamp(parse_timestamp(received)) if received else None
    return DataFile(day, stats["numRecords"], until)
