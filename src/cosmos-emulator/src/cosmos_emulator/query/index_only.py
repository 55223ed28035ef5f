"""Compute COUNT of items, and MIN and MAX of ids, from an index without reading items."""

import sqlite3
from dataclasses import dataclass

from cosmos_emulator.query import ast
from cosmos_emulator.query.keyset import Condition, Term
from cosmos_emulator.query.page import Page, Window
from cosmos_emulator.query.rows import Rows
from cosmos_emulator.query.sqlite import Selection
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import UNDEFINED, Value, decode, serialise


@dataclass(frozen=True, slots=True)
class IndexRead:
    """An aggregate that is computed by a SELECT over an index."""

    name: str
    select: Condition
    counts: bool  # whether the rows are counts, not an encoded value

    def value(self, sql: sqlite3.Connection) -> Value:
        """Return the aggregate."""
        rows = sql.execute(*self.select).fetchall()
        if self.counts:
            return sum(row[0] for row in rows)
        return decode(rows[0][0]) if rows else UNDEFINED


@dataclass(frozen=True, slots=True)
class ReadIndex:
    """A query plan that computes all aggregates from an index and returns a single page."""

    statement: Statement
    reads: tuple[IndexRead, ...]
    window: Window

    def execute(self, sql: sqlite3.Connection) -> Page:
        """Return a page of results, which is empty for a query with TOP 0."""
        if not self.window.size:
            return Page()
        values = {read.name: read.value(sql) for read in self.reads}
        value = self.statement.projection()({}, {**self.statement.parameters, **values})
        return Page([] if value is UNDEFINED else [serialise(value)])


def read_index(statement: Statement, rows: Rows, window: Window) -> ReadIndex | None:
    """Return a plan that reads only an index, or None if the query must read items."""
    query = statement.query
    if (
        query.sources
        or not query.alias
        or rows.tests
        or query.group_by
        or query.order_by
        or query.distinct
        or query.offset
    ):
        return None
    reads = [_index_read(rows.selection, call) for call in statement.aggregates]
    found = tuple(read for read in reads if read is not None)
    return ReadIndex(statement, found, window) if len(found) == len(reads) else None


def _index_read(selection: Selection, call: ast.Call) -> IndexRead | None:
    match call.function, call.arguments[0]:
        case "COUNT", ast.Literal(value) if value is not UNDEFINED:
            select = selection.select("COUNT(*)")
        case "COUNT", ast.Path(_, ()):
            select = selection.select("COUNT(*)")
        case "MIN" | "MAX", ast.Path(_, ("id",)):
            order = [Term("id", descending=call.function == "MAX")]
            select = selection.select("id", order, limit=1)
        case _:
            return None
    return IndexRead(str(call), select, counts=call.function == "COUNT")
