"""The interface of the event lake in domain terms.

The lake has one Delta Lake table of events per organisation. `tables.py` writes the tables, and
`reader.py` queries them with DuckDB.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from api.domain.events import Event
from api.errors import ApiError


class LakeUnavailable(ApiError):
    """The lake's storage is unreachable or unavailable. `reason` is only logged."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "lake_unavailable",
            "The event lake is unavailable. Retry the request after Retry-After seconds.",
            retry_after=1.0,
        )
        self.reason = reason


def query_too_expensive() -> ApiError:
    """Return the error for a query that exceeds the limit of memory or time."""
    return ApiError(
        "query_too_expensive",
        "The query needs too much time or memory. "
        "Choose a shorter range of dates, or fewer series, steps, groups or values.",
    )


@dataclass(frozen=True, slots=True)
class Statement:
    """A SQL statement over the relation `events`, and the values of its named parameters.

    The relation has the columns `day` (DATE, UTC), `timestamp` and `received_at` (TIMESTAMPTZ),
    `event_id`, `event_type`, `user_id`, `source` and `schema_version` (VARCHAR) and `properties`
    (VARCHAR, JSON). `received_at` and `schema_version` may be NULL.
    """

    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A version of an organisation's table: its files and their numbers of events, by UTC day.

    `complete_through` is the latest time of receipt of an archived event, rounded down to
    milliseconds, or None if no time of receipt is known. `version` is -1 if the table is missing.
    """

    org_id: str
    version: int = -1
    complete_through: str | None = None
    files: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    counts: Mapping[str, int] = field(default_factory=dict[str, int])


type Keep = Callable[[Collection[Event]], Awaitable[Collection[Event]]]


class LakeWriter(Protocol):
    """The operations that change the tables. Only the archiver and administration use them.

    Every method is safe to repeat, also while other processes write, and raises LakeUnavailable if
    the storage is unavailable or too many writes conflict.
    """

    async def is_new(self) -> bool:
        """Return whether the lake is a local folder that doesn't exist yet."""
        ...

    async def append(
        self, org_id: str, events: Collection[Event], *, keep: Keep | None = None
    ) -> int:
        """Add the events that are missing in the table, and return their number.

        `keep` returns the events that may be added. If another process changes the table meanwhile,
        `keep` is called again, so an erasure that rewrites the table is never missed.
        """
        ...

    async def replace_day(
        self, org_id: str, day: str, read: Callable[[], Awaitable[Collection[Event]]]
    ) -> int:
        """Replace the events of a UTC day by those that `read` returns, and return their number.

        `read` is called again if another process changes the day meanwhile.
        """
        ...

    async def compact(self, org_id: str, *, first_day: str = "", ended_before: str = "") -> int:
        """Join the small files of each day, and return the number of files that were joined.

        Days before `ended_before` receive few further events, so all their files are joined unless
        the events that were added are few. Days before `first_day` are removed from the table. A
        vacuum deletes their files later.
        """
        ...

    async def erase_user(self, org_id: str, user_id: str) -> int:
        """Remove the events of the user, and return the number of files that were replaced.

        The log doesn't contain the user's id. Earlier versions of the table contain the user's
        events until a vacuum deletes their files.
        """
        ...

    async def vacuum(self, org_id: str, *, older_than_hours: int, untracked: bool = False) -> int:
        """Delete the files that no version of the last hours uses, and return their number.

        With `untracked`, also delete files that were never part of the table, which interrupted
        writes leave behind.
        """
        ...


class LakeReader(Protocol):
    """The operations that read the tables. They raise LakeUnavailable."""

    async def snapshot(self, org_id: str) -> Snapshot:
        """Return the latest version of the organisation's table."""
        ...

    def slot(self, org_id: str) -> AbstractAsyncContextManager[None]:
        """Wait for a query slot of the organisation, and release the slot on exit from the context.

        Raises ApiError `rate_limited` or `deadline_exceeded` if too many queries wait.
        """
        ...

    async def query(
        self, snapshot: Snapshot, statement: Statement, *, first_day: str, last_day: str
    ) -> Sequence[tuple[Any, ...]]:
        """Run the statement on the events of these UTC days, both included.

        Raises ApiError `query_too_expensive` if the query exceeds the limit of memory or time.
        """
        ...
