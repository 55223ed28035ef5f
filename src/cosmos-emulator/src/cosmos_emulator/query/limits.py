"""Limits that keep the time and the memory of any query within bounds.

The limits on a query's text are those that Microsoft documents
(https://learn.microsoft.com/azure/cosmos-db/concepts-limits#sql-query-limits), except for the depth
of nesting. The limits on time and on the size of values are the emulator's own.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from math import inf

from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.values import Value, is_array, is_object

QUERY_LENGTH_MAX = 512 * 1024  # characters
WORDS_MAX = (
    50_000  # names, numbers, strings and signs; parsing takes up to 30 microseconds for each
)
JOINS_MAX = 10
CONDITIONS_MAX = 2_000  # per AND or OR
OPTIONS_MAX = 6_000  # per IN list
DEPTH_MAX = 100  # levels of expressions; a subquery counts as several levels
TEXT_LENGTH_MAX = 4 * 1024 * 1024  # characters of a computed string
NODES_MAX = 1_000_000  # values in a computed array or object
CHARACTERS_PER_NODE = 16  # a longer string counts as several values
SECONDS_MAX = 10.0  # for joins, subqueries and regular expressions, per page
SECONDS_DEFAULT = 10.0  # outside of pages
SECONDS_PER_ITEM = 0.001  # added to this time for each item that a page reads


@dataclass(slots=True)
class Budget:
    """The time until which a page may do expensive work."""

    deadline: float = inf

    def add_item(self) -> None:
        """Allow more time, because the page reads one more item."""
        self.deadline += SECONDS_PER_ITEM


_budget: ContextVar[Budget] = ContextVar("budget", default=Budget())  # noqa: B039  infinite, whatever is added


def exceeded(
    what: str, maximum: float, location: tuple[int, int] | None = None, node: object = None
) -> QueryError:
    """Return the error for a query that exceeds a limit, at a location or at a syntax node."""
    message = f"The query exceeds the maximum of {maximum:,} {what}."
    return QueryError("SC3001", message, location, node)


@contextmanager
def bounded() -> Generator[None]:
    """Limit the time of expensive work inside the `with` block."""
    token = _budget.set(Budget(time.monotonic() + SECONDS_MAX))
    try:
        yield
    finally:
        _budget.reset(token)


def current() -> Budget:
    """Return the budget of the page that is being computed."""
    return _budget.get()


def remaining() -> float:
    """Return the seconds left for expensive work. Raises QueryError if none are left."""
    seconds = _budget.get().deadline - time.monotonic()
    if seconds <= 0:
        raise exceeded("seconds per page", SECONDS_MAX)
    return min(seconds, SECONDS_DEFAULT)


def check_length(length: float) -> None:
    """Raise QueryError if a computed string would be too long."""
    if length > TEXT_LENGTH_MAX:
        raise exceeded("characters in a computed string", TEXT_LENGTH_MAX)


def check_size(value: Value) -> None:
    """Raise QueryError if a computed value is too large.

    A query that repeats a value, such as `SELECT VALUE [x, x]`, multiplies the size of its result,
    although all repetitions share memory.
    """
    pending, size = [value], 0
    while pending:
        found = pending.pop()
        if is_array(found) or is_object(found):
            size += len(found)
            inner = found.values() if is_object(found) else found
            pending.extend(islice(inner, NODES_MAX))
        elif isinstance(found, str):
            size += len(found) // CHARACTERS_PER_NODE
        if size > NODES_MAX:
            raise exceeded("values in a computed value", NODES_MAX)
