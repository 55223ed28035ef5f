"""Delta Lake tables of events, one per organisation, partitioned by UTC day.

Every write is conditional on the version of the table that it read (Delta's optimistic concurrency
control), so redelivered events and concurrent processes never duplicate or lose an event.
"""

import asyncio
from collections import defaultdict
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Generator,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from random import random
from typing import Any
from weakref import WeakValueDictionary

from arro3.core import Array, DataType, Table
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from api.domain.events import Event
from api.domain.running import Running
from api.lake.protocol import Keep, LakeUnavailable
from api.lake.rows import SCHEMA, to_arrow
from api.lake.storage import LakeStorage

ATTEMPTS_MAX = 20
SMALL_FILES_MAX = 16  # of a day, before they are joined
_LATE_SHARE_MAX = 0.1  # of the largest file of an ended day, in its other files
FILE_BYTES = 128 * 1024 * 1024  # files of this size or larger are not joined
_BACK_OFF_SECONDS = 0.05
_SAME_EVENT = " AND ".join(
    f"known.{name} = new.{name}" for name in ("day", "timestamp", "event_id", "source")
)
_CONFIGURATION: Mapping[str, str | None] = {
    # The log must contain no ids or properties, because an erasure doesn't rewrite it.
    "delta.dataSkippingStatsColumns": "timestamp,received_at",
    "delta.checkpointInterval": "20",
    "delta.logRetentionDuration": "interval 1 days",
}
_WRITER = WriterProperties(compression="ZSTD")
# The whole write is repeated, with a new read. Joining files doesn't conflict with new files, so
# Delta may repeat only its commit; otherwise a table with frequent writes would never be compacted.
_RETRIES = CommitProperties(max_commit_retries=0)


@dataclass(frozen=True, slots=True)
class _File:
    day: str
    size: int


class DeltaTables:
    """The tables of a lake.

    `jitter` returns a random number from 0 to 1, so that conflicting processes retry at different
    times.
    """

    def __init__(self, storage: LakeStorage, *, jitter: Callable[[], float] = random) -> None:
        self._storage = storage
        self._jitter = jitter
        self._gates = WeakValueDictionary[str, _Gate]()

    async def is_new(self) -> bool:
        return await asyncio.to_thread(self._storage.is_missing_folder)

    async def append(
        self, org_id: str, events: Collection[Event], *, keep: Keep | None = None
    ) -> int:
        async def write(table: DeltaTable) -> int:
            kept = await keep(events) if keep else events
            return await asyncio.to_thread(_insert_missing, table, kept) if kept else 0

        return await self._write(org_id, write) if events else 0

    async def replace_day(
        self, org_id: str, day: str, read: Callable[[], Awaitable[Collection[Event]]]
    ) -> int:
        async def write(table: DeltaTable) -> int:
            rows = to_arrow(await read())
            await asyncio.to_thread(_overwrite_day, table, day, rows)
            return rows.num_rows

        return await self._write(org_id, write)

    async def compact(self, org_id: str, *, first_day: str = "", ended_before: str = "") -> int:
        async def write(table: DeltaTable) -> int:
            await asyncio.to_thread(_remove_days, table, first_day)
            return await asyncio.to_thread(_join_small_files, table, ended_before)

        return await self._write(org_id, write, creates=False)

    async def erase_user(self, org_id: str, user_id: str) -> int:
        async def write(table: DeltaTable) -> int:
            return await asyncio.to_thread(_erase_user, table, user_id)

        return await self._write(org_id, write, creates=False)

    async def vacuum(self, org_id: str, *, older_than_hours: int, untracked: bool = False) -> int:
        async with self._gate(org_id).alone() if untracked else nullcontext():
            table = await self._open(org_id)
            if table is None:
                return 0
            with _storage_errors():
                deleted = await asyncio.to_thread(
                    table.vacuum,
                    older_than_hours,
                    dry_run=False,
                    enforce_retention_duration=False,
                    full=untracked,
                )
        return len(deleted)

    def _gate(self, org_id: str) -> "_Gate":
        return self._gates.setdefault(org_id, _Gate())

    async def _write(
        self, org_id: str, write: Callable[[DeltaTable], Awaitable[int]], *, creates: bool = True
    ) -> int:
        """Run the write on the latest version of the table, again after each conflict.

        If the table is missing, create it or, without `creates`, return 0.
        """
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                await asyncio.sleep(self._jitter() * attempt * _BACK_OFF_SECONDS)
            try:
                async with self._gate(org_id).shared():
                    with _storage_errors():
                        table = await self._open(org_id)
                        if table is None and not creates:
                            return 0
                        return await write(table or await self._create(org_id))
            except CommitFailedError:
                continue
        raise LakeUnavailable(f"{ATTEMPTS_MAX} writes to the table of {org_id} conflicted")

    async def _open(self, org_id: str) -> DeltaTable | None:
        place, options = self._storage.table(org_id), await self._storage.delta_options()
        try:
            with _storage_errors():
                return await asyncio.to_thread(DeltaTable, place, storage_options=options)
        except TableNotFoundError:
            return None

    async def _create(self, org_id: str) -> DeltaTable:
        place, options = self._storage.table(org_id), await self._storage.delta_options()
        return await asyncio.to_thread(
            DeltaTable.create,
            place,
            SCHEMA,
            mode="ignore",
            partition_by=["day"],
            configuration=_CONFIGURATION,
            storage_options=options,
        )


class _Gate:
    """Lets writes of this process to a table run at once, but not while files are deleted.

    A write first stores files that aren't part of the table yet, so that a deletion of untracked
    files would delete them too. In other processes, they are younger than the deleted files.
    """

    def __init__(self) -> None:
        self._entrance, self._running = asyncio.Lock(), Running()

    @asynccontextmanager
    async def shared(self) -> AsyncGenerator[None]:
        async with self._entrance:
            pass
        with self._running.block():
            yield

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        async with self._entrance:
            await self._running.end()
            yield


@contextmanager
def _storage_errors() -> Generator[None]:
    """Raise LakeUnavailable for errors of the storage."""
    try:
        yield
    except (CommitFailedError, TableNotFoundError):
        raise
    except (DeltaError, OSError) as error:
        raise LakeUnavailable(repr(error)) from error


def _insert_missing(table: DeltaTable, events: Collection[Event]) -> int:
    merge = table.merge(
        to_arrow(events),
        f"({_times_of(events)}) AND {_SAME_EVENT}",
        source_alias="new",
        target_alias="known",
        streamed_exec=True,  # else the log would contain the range of the event ids
        writer_properties=_WRITER,
        commit_properties=_RETRIES,
    )
    return merge.when_not_matched_insert_all().execute()["num_target_rows_inserted"]


def _times_of(events: Collection[Event]) -> str:
    """Return a condition for the range of times per day, so that other files aren't read."""
    by_day = defaultdict[str, list[str]](list)
    for event in events:
        by_day[event.day].append(event.timestamp)
    return " OR ".join(
        f"(known.day = '{day}' AND known.timestamp BETWEEN '{min(times)}' AND '{max(times)}')"
        for day, times in by_day.items()
    )


def _overwrite_day(table: DeltaTable, day: str, rows: Any) -> None:  # noqa: ANN401 - an Arrow table
    write_deltalake(
        table,
        rows,
        mode="overwrite",
        predicate=f"day = '{day}'",
        writer_properties=_WRITER,
        commit_properties=_RETRIES,
    )


def _erase_user(table: DeltaTable, user_id: str) -> int:
    """Remove the user's events with a merge, because Delta logs the predicate of a deletion."""
    merge = table.merge(
        Table.from_pydict({"user_id": Array([user_id], DataType.utf8())}),
        "known.user_id = gone.user_id",
        source_alias="gone",
        target_alias="known",
        streamed_exec=True,  # else the log would contain the range of the user ids
        writer_properties=_WRITER,
        commit_properties=_RETRIES,
    )
    return merge.when_matched_delete().execute()["num_target_files_removed"]


def _remove_days(table: DeltaTable, first_day: str) -> None:
    """Remove the days before `first_day`, whose files the commit only marks as removed."""
    if any(file.day < first_day for file in _files(table)):
        table.delete(f"day < '{first_day}'", commit_properties=_RETRIES)


def _join_small_files(table: DeltaTable, ended_before: str) -> int:
    small = defaultdict[str, list[int]](list)
    for file in _files(table):
        if file.size < FILE_BYTES:
            small[file.day].append(file.size)
    joined = 0
    for day in sorted(day for day in small if _is_split(small[day], ended=day < ended_before)):
        metrics = table.optimize.compact(
            [("day", "=", day)],
            target_size=FILE_BYTES,
            writer_properties=_WRITER,
        )
        joined += metrics["numFilesRemoved"]
    return joined


def _is_split(sizes: Sequence[int], *, ended: bool) -> bool:
    """Return whether joining the files of a day is worth a rewrite of its largest file.

    The files of an ended day are soon joined to one file, which is rewritten only if late events
    add more than a tenth to its size.
    """
    others = sum(sizes) - max(sizes)
    return len(sizes) > SMALL_FILES_MAX or (ended and others > _LATE_SHARE_MAX * max(sizes))


def _files(table: DeltaTable) -> list[_File]:
    actions: Any = table.get_add_actions(flatten=True)
    days, sizes = (actions[name].to_pylist() for name in ("partition.day", "size_bytes"))
    return [_File(str(day), size) for day, size in zip(days, sizes, strict=True)]
