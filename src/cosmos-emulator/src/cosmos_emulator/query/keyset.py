"""Keyset pagination. Each page starts after the last row of the previous page.

Additional ORDER BY terms break all ties, so that a row's values identify its position.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cosmos_emulator.query import ast
from cosmos_emulator.query.scope import Scope
from cosmos_emulator.query.table import Table
from cosmos_emulator.query.values import PropertyPath

type PositionValue = bytes | int | None


class Condition(NamedTuple):
    """SQL text and the values that are bound to its placeholders."""

    sql: str
    values: tuple[PositionValue, ...] = ()


class Range(NamedTuple):
    """The values of a column between two bounds. A bound of None means no limit.

    SQLite uses one lower and one upper bound to seek in an index, and tests any other bounds row by
    row, so all ranges of a column are merged into one range.
    """

    column: str
    low: tuple[PositionValue, bool] | None = None  # (bound, is excluded)
    high: tuple[PositionValue, bool] | None = None  # (bound, is included)

    def intersect(self, other: "Range") -> "Range":
        """Return the intersection of two ranges."""
        lows = [side for side in (self.low, other.low) if side]
        highs = [side for side in (self.high, other.high) if side]
        return Range(self.column, max(lows, default=None), min(highs, default=None))

    @property
    def condition(self) -> Condition:
        parts = list[str]()
        if self.low:
            parts.append(f"{self.column} {'>' if self.low[1] else '>='} ?")
        if self.high:
            parts.append(f"{self.column} {'<=' if self.high[1] else '<'} ?")
        sides = [side for side in (self.low, self.high) if side]
        return Condition(f"({' AND '.join(parts)})", tuple(side[0] for side in sides))


def merged(ranges: Iterable[Range]) -> list[Condition]:
    """Merge the ranges of each column into one condition."""
    by_column = dict[str, Range]()
    for found in ranges:
        known = by_column.get(found.column)
        by_column[found.column] = known.intersect(found) if known else found
    return [found.condition for found in by_column.values()]


class Term(NamedTuple):
    """One term of an ORDER BY: a column and a direction."""

    column: str
    descending: bool

    @property
    def sql(self) -> str:
        return f"{self.column} {'DESC' if self.descending else 'ASC'}"


def order_terms(query: ast.Query, table: Table, scope: Scope) -> list[Term] | None:
    """Return the ORDER BY terms of a query, with additional terms that break all ties.

    Returns None if the query orders by a property that has no SQLite column.
    """
    terms = list[Term]()
    for order in query.order_by:
        steps: PropertyPath | None = (
            order.expression.steps if isinstance(order.expression, ast.Path) else None
        )
        column = table.columns.get(steps) if steps else None
        if column is None:
            return None
        terms.append(Term(column, order.descending))
    return _made_total(terms, scope)


def _made_total(terms: list[Term], scope: Scope) -> list[Term]:
    descending = terms[-1].descending if terms else False
    columns = [term.column for term in terms]
    routed = scope.key is not None or scope.root is not None
    ties = ["id", "number"] if routed or "id" in columns else ["number"]
    total = terms + [Term(tie, descending) for tie in ties if tie not in columns]
    if scope.key is not None:  # an id is unique within a logical partition
        position = next(i for i, term in enumerate(total) if term.column == "id")
        return total[: position + 1]
    return total


class Start(NamedTuple):
    """The start of a page: a range for seeking in an index, and the exact condition for rows."""

    seek: Range | None
    condition: Condition | None


def after(terms: Sequence[Term], values: Sequence[PositionValue]) -> Start:
    """Return the start of the page after a position. A position has one value per ORDER BY term."""
    seek = _seek(terms[0], values[0], is_exact=len(terms) == 1)
    if seek and len(terms) == 1:
        return Start(seek, None)
    alternatives, bound = list[str](), list[PositionValue]()
    for depth, term in enumerate(terms):
        equal = [_is(t.column, v) for t, v in zip(terms[:depth], values[:depth], strict=True)]
        beyond = _beyond(term, values[depth])
        if beyond is None:
            continue
        parts = [*equal, beyond]
        alternatives.append("(" + " AND ".join(part.sql for part in parts) + ")")
        bound += [value for part in parts for value in part.values]
    return Start(seek, Condition("(" + (" OR ".join(alternatives) or "FALSE") + ")", tuple(bound)))


def _seek(first: Term, value: PositionValue, *, is_exact: bool) -> Range | None:
    """Return a range of the first ORDER BY column; all rows after the position are in this range.

    Return None for a column that can be NULL, because no query reads an index in the order of such
    a column.
    """
    kind = {"id": bytes, "number": int}.get(first.column)
    if kind is None or not isinstance(value, kind):
        return None
    if first.descending:
        return Range(first.column, high=(value, not is_exact))
    return Range(first.column, low=(value, is_exact))


def _is(column: str, value: PositionValue) -> Condition:
    return Condition(f"{column} IS ?", (value,))


def _beyond(term: Term, value: PositionValue) -> Condition | None:
    column, descending = term
    if value is None:  # undefined sorts first, or last if descending
        return None if descending else Condition(f"{column} IS NOT NULL")
    if descending:
        missing = "" if column in ("id", "number") else f" OR {column} IS NULL"
        return Condition(f"({column} < ?{missing})", (value,))
    return Condition(f"{column} > ?", (value,))
