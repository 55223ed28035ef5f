"""Total orders and exact positions in them: how a page begins right after the last one ended."""

from collections.abc import Sequence
from typing import NamedTuple

from cosmos_emulator.query import ast
from cosmos_emulator.query.scope import Scope
from cosmos_emulator.query.table import Steps, Table

type PositionValue = bytes | int | None


class Condition(NamedTuple):
    """Part of a WHERE and the values bound in it."""

    sql: str
    values: tuple[PositionValue, ...] = ()


class Term(NamedTuple):
    """One term of an ORDER BY over columns."""

    column: str
    descending: bool

    @property
    def sql(self) -> str:
        return f"{self.column} {'DESC' if self.descending else 'ASC'}"


def order_terms(query: ast.Query, table: Table, scope: Scope) -> list[Term] | None:
    """The order in which pages are read: total, so that a position in it is exact.

    None if the query orders by a property that has no column.
    """
    terms = list[Term]()
    for order in query.order_by:
        steps: Steps | None = (
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
    if scope.key is not None:  # an id is there once in a logical partition
        position = next(i for i, term in enumerate(total) if term.column == "id")
        return total[: position + 1]
    return total


def after(terms: Sequence[Term], values: Sequence[PositionValue]) -> Condition:
    """The rows that come after a position, which is a value for each term."""
    alternatives, bound = list[str](), list[PositionValue]()
    for depth, term in enumerate(terms):
        equal = [_is(t.column, v) for t, v in zip(terms[:depth], values[:depth], strict=True)]
        beyond = _beyond(term, values[depth])
        if beyond is None:
            continue
        parts = [*equal, beyond]
        alternatives.append("(" + " AND ".join(part.sql for part in parts) + ")")
        bound += [value for part in parts for value in part.values]
    condition = Condition("(" + (" OR ".join(alternatives) or "FALSE") + ")", tuple(bound))
    return _with_seek(terms[0], values[0], condition) if len(terms) > 1 else condition


def _is(column: str, value: PositionValue) -> Condition:
    return Condition(f"{column} IS ?", (value,))


def _beyond(term: Term, value: PositionValue) -> Condition | None:
    column, descending = term
    if value is None:  # undefined comes first, or last if descending
        return None if descending else Condition(f"{column} IS NOT NULL")
    if descending:
        missing = "" if column in ("id", "number") else f" OR {column} IS NULL"
        return Condition(f"({column} < ?{missing})", (value,))
    return Condition(f"{column} > ?", (value,))


def _with_seek(first: Term, value: PositionValue, condition: Condition) -> Condition:
    """Says what the alternatives have in common, so that SQLite starts where the page starts."""
    if first.column not in ("id", "number"):
        return condition
    operator = "<=" if first.descending else ">="
    return Condition(f"{first.column} {operator} ? AND {condition.sql}", (value, *condition.values))
