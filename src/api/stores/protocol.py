"""The interface of a store in domain terms. `cosmos.py` and `dynamodb.py` implement the interface.

A *record* is an instance of a frozen dataclass in `api.domain`, and `records.py` maps each class to
a container. A *version* is an opaque string, and `replace` requires the version that the caller
read. Reads may be stale, so callers base decisions only on conditional writes: `create`, `replace`,
`append` and `fold`.

Every method may raise Throttled or Unavailable. The docstring of each method names all other errors
that it may raise.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from api.domain.events import DayBatch, Event, EventQuery
from api.domain.rollups import DeadLetter, Delta, Pending, Rollup
from api.domain.times import Clock
from api.domain.user_hashes import UserKeys
from api.errors import ApiError


class Conflict(Exception):
    """A conditional write failed: the record exists, has another version, or no longer exists."""


class Refused(Exception):
    """The store rejected a write that is malformed or too large.

    A retry of the same write fails too.
    """


class Throttled(ApiError):
    """The store throttled the request. `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(
            "throttled",
            "The store throttled the request. Retry it after Retry-After seconds.",
            retry_after=retry_after,
        )


class Unavailable(ApiError):
    """The store is unreachable or unavailable. `reason` is only logged."""

    detail_text = "The store is unavailable."

    def __init__(self, reason: str, *, retry_after: float = 1.0) -> None:
        detail = f"{self.detail_text} Retry the request after Retry-After seconds."
        super().__init__("store_unavailable", detail, retry_after=retry_after)
        self.reason = reason


class StorageFull(Unavailable):
    """The store's disk is full. While the disk is full, writes fail, but reads may succeed."""

    detail_text = "The store's disk is full, so nothing can be stored until space is freed."


class Contended(Unavailable):
    """Other requests changed the organisation in each of several attempts to change it."""

    detail_text = "The organisation is being changed by many requests at once."


@dataclass(frozen=True, slots=True)
class Stored[R]:
    """A stored record and its version, which `replace` requires."""

    record: R
    version: str


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of the change feed: days that need a fold, and rollups that need a projection."""

    days: frozenset[tuple[str, str]]  # (org_id, day)
    rollups: Sequence[Rollup]
    unreadable: Sequence[DeadLetter] = ()  # malformed documents
    checkpoint: str = ""  # the position of the next read
    count: int = 0  # the number of documents in the page; 0: there are no new changes


@dataclass(frozen=True, slots=True)
class NewEvents:
    """The events in one page of the change feed. Each event is delivered at least once."""

    events: Sequence[Event]
    unreadable: Sequence[DeadLetter] = ()  # malformed documents
    checkpoint: str = ""  # the position of the next read
    count: int = 0  # the number of documents in the page; 0: there are no new changes


class Store(Protocol):
    """A store of events, idempotency records, projected rollups and administrative records."""

    sole_process: str
    """The name of this process if no other process can use the store now, else ""."""
    now: Clock
    """The clock that decides which events have expired."""
    user_keys: UserKeys
    """The keys that hash the user ids in deltas. Processes that don't hash need no secret."""

    async def create[R](self, record: R) -> Stored[R]:
        """Write a new record. Raises Conflict if a record with the same key exists."""
        ...

    async def read[R](self, kind: type[R], *key: str) -> Stored[R] | None:
        """Return the record with this key, or None.

        A key consists of owner and id or, for some kinds of record such as Organization, only of
        the id.
        """
        ...

    async def replace[R](self, record: R, *, version: str) -> Stored[R]:
        """Overwrite the stored record.

        Raises Conflict unless the stored record's version is `version`.
        """
        ...

    async def find[R](
        self, kind: type[R], owner: str | None, *, first: str = "", last: str = "\uffff"
    ) -> Sequence[R]:
        """Return the owner's records of this kind with first <= id <= last, ordered by id.

        With `owner=None`, return the records of all owners. Only administrative code may read the
        records of all owners; code that serves a request must pass an owner. For kinds with an
        index (`RecordKind.owner`), the result is eventually consistent.
        """
        ...

    async def find_last[R](
        self, kind: type[R], owner: str, *, first: str = "", before: str, limit: int
    ) -> Sequence[R]:
        """Return the owner's last `limit` records with first <= id < before, in descending order.

        Fewer than `limit` records are returned only if no more exist. The key of this kind of
        record must consist of owner and id.
        """
        ...

    async def find_indexed[R](self, kind: type[R], value: str) -> Sequence[R]:
        """Return the records whose indexed field has this value, ordered by id.

        For administration. `RecordKind.index` names the indexed field. Results are eventually
        consistent.
        """
        ...

    async def delete(self, kind: type[object], *key: str, version: str | None = None) -> None:
        """Delete the record with this key if it exists.

        With `version`, delete only this version. Raises Conflict if the record
        is missing or has another version.
        """
        ...

    async def append(self, batch: DayBatch) -> None:
        """Write a day's events and their delta in one transaction.

        Raises Conflict if any of the events exists.
        """
        ...

    async def ingest_ids(
        self, org_id: str, day: str, keys: Collection[str]
    ) -> Mapping[str, str | None]:
        """Return the ingest id of each of these events that is stored, by event key."""
        ...

    async def page(self, query: EventQuery, *, after: str | None, limit: int) -> Sequence[Event]:
        """Return the next `limit` events after the key `after`, in the query's order.

        Fewer than `limit` events are returned only at the end of the query.
        """
        ...

    async def check(self) -> None:
        """Raise Unavailable if the store is unreachable or a write would fail."""
        ...


class RollupStore(Store, Protocol):
    """A store with the additional operations that keep the rollups and the event lake current.

    Code that serves a request doesn't use these operations.
    """

    async def pending(self, org_id: str, day: str, *, limit: int) -> Pending:
        """Return the day's rollup and up to `limit` deltas to fold into it."""
        ...

    async def fold(
        self,
        rollup: Rollup,
        *,
        version: str | None,
        deltas: Sequence[Delta],
        erased: Sequence[str] = (),
    ) -> None:
        """Store the day's rollup and delete the deltas that it includes, in one transaction.

        The transaction also deletes the events with the keys `erased`, which the rollup doesn't
        count. Raises Conflict if the stored rollup's version isn't `version`, or a delta or an
        event no longer exists. With `version=None`, raises Conflict if a rollup exists.
        """
        ...

    async def move_to_dead_letters(self, dead_letter: DeadLetter) -> bool:
        """Copy a document that can't be processed to `dead_letters`. Delete it if it is a delta.

        Safe to repeat. Return whether the copy is new.
        """
        ...

    async def copy_rejected(self) -> int:
        """Copy the documents of `rejected`, the earlier name of `dead_letters`, to `dead_letters`.

        Safe to repeat. Return the number of documents that had been missing in `dead_letters`.
        """
        ...

    async def changes(self, checkpoint: str | None, *, limit: int) -> Changes:
        """Return the changes since the checkpoint; a change may be returned more than once.

        Without a checkpoint, start at the beginning of the feed.
        """
        ...

    async def new_events(self, checkpoint: str | None, *, limit: int) -> NewEvents:
        """Return the events in the change feed after the checkpoint.

        Without a checkpoint, start at the beginning of the feed.
        """
        ...

    async def scrub(self) -> None:
        """Overwrite what remains of deleted records in local files. In the cloud, do nothing.

        Raises StorageFull if the disk is full.
        """
        ...

    async def unfolded(self) -> Collection[tuple[str, str]]:
        """Return every (org_id, day) with pending deltas, even if the feed did not deliver them."""
        ...


async def create_or_replace[R](store: Store, record: R, known: Stored[R] | None) -> Stored[R]:
    """Replace the record that the caller has read, or create the record if it was missing.

    Raises Conflict if another writer changed the record first.
    """
    if known is None:
        return await store.create(record)
    return await store.replace(record, version=known.version)
