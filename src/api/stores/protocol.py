"""The interface of a store in domain terms. Implementations: cosmos.py, dynamodb.py.

A *record* is one of the frozen dataclasses of `api.domain`; `records.py` maps each to a container.
A *version* is opaque: `replace` takes the version that the caller read. Decisions are based on
conditional writes (`create`, `replace`, `append`, `fold`), never on reads, which may be stale.

Every method may raise Throttled or Unavailable, and otherwise only what its docstring names.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from api.domain.events import DayBatch, Event, EventQuery
from api.domain.rollups import DeadLetter, Delta, Pending, Rollup
from api.domain.user_hashes import UserKeys
from api.errors import ApiError


class Conflict(Exception):
    """The record already exists, has another version, or no longer exists."""


class Refused(Exception):
    """The store permanently rejects the write: it is malformed or too large."""


class Throttled(ApiError):
    """The store has no capacity left; `retry_after` is in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(
            "throttled",
            "The store has no capacity left. Retry the request after Retry-After seconds.",
            retry_after=retry_after,
        )


class Unavailable(ApiError):
    """The store is unreachable or unavailable. `reason` is for the log."""

    detail_text = "The store is unavailable."

    def __init__(self, reason: str, *, retry_after: float = 1.0) -> None:
        detail = f"{self.detail_text} Retry the request after Retry-After seconds."
        super().__init__("store_unavailable", detail, retry_after=retry_after)
        self.reason = reason


class StorageFull(Unavailable):
    """The store's disk is full: writes fail, reads may work."""

    detail_text = "The disk of the store is full, so nothing can be stored until space is freed."


@dataclass(frozen=True, slots=True)
class Stored[R]:
    """A stored record with its version, which `replace` requires."""

    record: R
    version: str


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of the change feed: days with deltas to fold, and rollups to project."""

    days: frozenset[tuple[str, str]]  # (org_id, day)
    rollups: Sequence[Rollup]
    unreadable: Sequence[DeadLetter] = ()  # they say neither
    checkpoint: str = ""  # where the next look starts
    count: int = 0  # documents seen; 0 = nothing new


class Store(Protocol):
    """Events, idempotency records, projected rollups and reference records of all organisations."""

    sole_process: str
    """The name of this process if no other can use the store at the same time, else ""."""
    user_keys: UserKeys
    """The keys that hash the users of deltas; without a secret where nothing is hashed."""

    async def create[R](self, record: R) -> Stored[R]:
        """Write a new record. Raises Conflict if its key exists."""
        ...

    async def read[R](self, kind: type[R], *key: str) -> Stored[R] | None:
        """Return the record with this key: owner, then id; one part if they are the same."""
        ...

    async def replace[R](self, record: R, *, version: str) -> Stored[R]:
        """Overwrite a record that still has this version. Raises Conflict otherwise."""
        ...

    async def find[R](
        self, kind: type[R], owner: str | None, *, first: str = "", last: str = "\uffff"
    ) -> Sequence[R]:
        """Return the owner's records of this kind with first <= id <= last, ordered by id.

        Without an owner, return those of all owners: for administration, never for a request.
        Results from an index (`RecordKind.owner`) are eventually consistent.
        """
        ...

    async def delete(self, kind: type[object], *key: str) -> None:
        """Delete the record with this key if it exists."""
        ...

    async def append(self, batch: DayBatch) -> None:
        """Write a day's events and their delta, all or nothing. Raises Conflict if some exist."""
        ...

    async def ingest_ids(
        self, org_id: str, day: str, keys: Collection[str]
    ) -> Mapping[str, str | None]:
        """Return the ingest id of each event that exists, by key."""
        ...

    async def page(self, query: EventQuery, *, after: str | None, limit: int) -> Sequence[Event]:
        """Return events after the key `after` in query order; less than `limit` only at the end."""
        ...

    async def check(self) -> None:
        """Raise Unavailable if the store is unreachable or a write would fail."""
        ...


class RollupStore(Store, Protocol):
    """The additional operations that keep the rollups current; requests don't use them."""

    async def pending(self, org_id: str, day: str, *, limit: int) -> Pending:
        """Return the day's rollup and up to `limit` deltas to fold into it."""
        ...

    async def fold(self, rollup: Rollup, *, version: str | None, deltas: Sequence[Delta]) -> None:
        """Store the day's rollup and delete the deltas that it includes, all or nothing.

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
        """Return the changes since the checkpoint (None: the beginning), at least once."""
        ...

    async def unfolded(self) -> Collection[tuple[str, str]]:
        """Return every (org_id, day) that holds a delta, for which a signal may be lost."""
        ...
