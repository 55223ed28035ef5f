"""The requested page of a query's results, and the page that the query returns."""

from dataclasses import dataclass, field
from typing import Self

from cosmos_emulator.query import continuation
from cosmos_emulator.query.continuation import Position
from cosmos_emulator.query.keyset import PositionValue
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.subqueries import count


@dataclass
class Page:
    """A page of results as JSON texts, with the next page's token and the amount of data read."""

    results: list[bytes] = field(default_factory=list[bytes])
    continuation: str | None = None
    documents_read: int = 0
    bytes_read: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """The range of a query's results that belongs on the requested page."""

    text: str
    position: Position | None  # the end of the previous page
    remaining: int | None  # number of results that TOP or LIMIT still allows; None: no limit
    skip: int  # number of results that OFFSET skips; 0 after the first page
    size: int  # the maximum number of results on the page

    @classmethod
    def of(cls, statement: Statement, page_size: int, token: str) -> Self:
        """Return the window of results that belongs on the requested page.

        Raises QueryError for a continuation token from another query.
        """
        query = statement.query
        position = continuation.read(statement.text, token) if token else None
        limit = query.limit if query.top is None else query.top
        if position is not None:
            remaining = position.left
        else:
            remaining = None if limit is None else count(limit, statement.parameters)
        offset = query.offset if position is None else None
        skip = 0 if offset is None else count(offset, statement.parameters)
        size = page_size if remaining is None else min(remaining, page_size)
        return cls(statement.text, position, remaining, skip, size)

    def continuation(
        self, values: tuple[PositionValue, ...], results: int, inner: int = 0
    ) -> str | None:
        """Return the token for rows after the given row, or None if TOP or LIMIT is reached."""
        left = None if self.remaining is None else self.remaining - results
        return None if left == 0 else continuation.write(self.text, Position(values, left, inner))
