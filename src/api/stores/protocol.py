"""What the service needs of a store, in domain words. Implementations: cosmos.py, dynamodb.py.

A *record* is one of the frozen dataclasses of `api.domain`; `records.py` says where each lives.
A *version* is opaque: whoever replaces a record names the version it has seen. Decisions rest on
writes (`create`, `replace`, `append`, `fold`), never on reads: a read may be stale.

Every method may raise Throttled or Unavailable; beyond them only what its docstring names.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from api.domain.events import DayBatch, Event, EventQuery
from api.domain.rollups import DeadLetter, Delta, Pending, Rollup
from api.domain.user_hashes import UserKeys
from api.errors import ApiError


class Conflict(Exception):
    """The record exists already, has another version by now, or is gone."""


class Refused(Exception):
    """The store does not take what was to be written, now or ever: malformed or too large."""


class Throttled(ApiError):
    """The store has no capacity left right now; `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(
            "throttled",
            "The store has no capacity left. Retry the request after Retry-After seconds.",
            retry_after=retry_after,
        )


class Unavailable(ApiError):
    """The store did not answer, or answered that it can't. `reason` is for the log."""

    detail_text = "The store is unavailable."

    def __init__(self, reason: str, *, retry_after: float = 1.0) -> None:
        detail = f"{self.detail_text} Retry the request after Retry-After seconds."
        super().__init__("store_unavailable", detail, retry_after=retry_after)
        self.reason = reason


class StorageFull(Unavailable):
    """The disk below the store has no space left, so that writes fail while reads may work."""

    detail_text = "The disk of the store is full, so nothing can be stored until space is freed."


@dataclass(frozen=True, slots=True)
class Stored[R]:
    """A record as the store holds it, with the version to name when replacing it."""

    record: R
    version: str


@dataclass(frozen=True, slots=True)
class Changes:
    """One look at the change feed: which days have deltas to fold, which rollups to project."""

    days: frozenset[tuple[str, str]]  # (org_id, day)
    rollups: Sequence[Rollup]
    unreadable: Sequence[DeadLetter] = ()  # they say neither
    checkpoint: str = ""  # where the next look starts
    count: int = 0  # documents seen; 0 = nothing new


class Store(Protocol):
    """Events, idempotency records, projected rollups and reference records of all organisations."""

    sole_process: str
    """Names this process where no other can work on the store at the same time, else ""."""
    user_keys: UserKeys
    """Hash the users of deltas. Where nothing is hashed, they have no secret."""

    async def create[R](self, record: R) -> Stored[R]:
        """Write a new record. Raises Conflict when its key is taken."""
        ...

    async def read[R](self, kind: type[R], *key: str) -> Stored[R] | None:
        """The record with this key: owner, then id; one part where they are the same."""
        ...

    async def replace[R](self, record: R, *, version: str) -> Stored[R]:
        """Overwrite a record that still has this version. Raises Conflict otherwise."""
        ...

    async def find[R](
        self, kind: type[R], owner: str | None, *, first: str = "", last: str = "\uffff"
    ) -> Sequence[R]:
        """The owner's records of this kind with first <= id <= last, ordered by id.

        Without an owner those of all: for administration, never for a request. What is found by
        an index (`RecordKind.owner`) may be a moment behind.
        """
        ...

    async def delete(self, kind: type[object], *key: str) -> None:
        """Remove the record with this key, if it is there."""
        ...

    async def append(self, batch: DayBatch) -> None:
        """Write a day's events and their delta, all or nothing. Conflict: some are known."""
        ...

    async def ingest_ids(
        self, org_id: str, day: str, keys: Collection[str]
    ) -> Mapping[str, str | None]:
        """Return the ingest id of each event that exists, by key."""
        ...

    async def page(self, query: EventQuery, *, after: str | None, limit: int) -> Sequence[Event]:
        """Events beyond the key `after` in query order; fewer than `limit` only at the end."""
        ...

    async def check(self) -> None:
        """Raises Unavailable when the store can't be reached, or when a write would fail."""
        ...


class RollupStore(Store, Protocol):
    """What keeping the rollups current needs besides. No request comes here."""

    async def pending(self, org_id: str, day: str, *, limit: int) -> Pending:
        """The day's rollup and up to `limit` deltas that wait to be folded into it."""
        ...

    async def fold(self, rollup: Rollup, *, version: str | None, deltas: Sequence[Delta]) -> None:
        """Store the day's rollup and delete the deltas it now holds, all or nothing.

        Raises Conflict if the rollup has another version (None: exists) or a delta is gone.
        """
        ...

    async def move_to_dead_letters(self, dead_letter: DeadLetter) -> None:
        """Delete a delta that can't be folded, after its copy is safe in `dead_letters`.

        Safe to repeat. A document that is no delta is copied and stays where it is.
        """
        ...

    async def copy_rejected(self) -> int:
        """Copy what `rejected` holds, as `dead_letters` was called before, to `dead_letters`.

        Safe to repeat. Returns the number of documents that were not there yet.
        """
        ...

    async def changes(self, checkpoint: str | None, *, limit: int) -> Changes:
        """What has changed since the checkpoint (None: the beginning), at least once."""
        ...

    async def unfolded(self) -> Collection[tuple[str, str]]:
        """Every (org_id, day) that holds a delta: what a lost signal may have left."""
        ...
