"""Compute all results of a query and then split them into pages.

For DISTINCT, GROUP BY, aggregates, and an ORDER BY of a property that has no SQLite column, all
results must be computed before the first page.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from cosmos_emulator.query import limits
from cosmos_emulator.query.aggregate import Row, group
from cosmos_emulator.query.evaluate import compile_expression
from cosmos_emulator.query.page import Page, Window
from cosmos_emulator.query.rows import Rows
from cosmos_emulator.query.similarity import directions
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import UNDEFINED, Value, encode, serialise


class Entry(NamedTuple):
    """A result with its sort key: the encoded ORDER BY values, and a value that breaks ties."""

    order: tuple[bytes, ...]
    tie: bytes
    result: bytes


type Found = tuple[Row, bytes]  # a row or a group of rows, and a value that is unique to it


@dataclass(frozen=True, slots=True)
class Collect:
    """A query plan that computes all results before it returns a page."""

    statement: Statement
    rows: Rows
    window: Window
    drops_undefined: bool = False  # whether items without the ORDER BY property are left out

    def execute(self, sql: sqlite3.Connection) -> Page:
        """Return the page."""
        page, statement = Page(), self.statement
        found = self._rows(sql, page)
        if statement.is_aggregated:
            rows = (row for row, _ in found)
            groups = group(rows, statement.query, statement.parameters)
            found = ((one.row(), one.key) for one in groups)
        return self._cut(self._entries(found), page)

    def _rows(self, sql: sqlite3.Connection, page: Page) -> Iterator[Found]:
        query, parameters = self.statement.query, self.statement.parameters
        if not query.reads_items:
            yield from _numbered(self.rows.expand(({}, parameters)), b"")
            return
        budget = limits.current()
        for body, number in self.rows.read(sql, self.rows.selection.select("body, number")):
            page.documents_read += 1
            page.bytes_read += len(body)
            budget.add_item()
            row, prefix = (orjson.loads(body), parameters), number.to_bytes(8, "big")
            if query.sources:
                yield from _numbered(self.rows.expand(row), prefix)
            else:
                yield row, prefix

    def _entries(self, found: Iterable[Found]) -> Iterator[Entry]:
        query, project = self.statement.query, self.statement.projection()
        terms = [compile_expression(order.expression) for order in query.order_by]
        for row, own in found:
            value = project(*row)
            order = [term(*row) for term in terms]
            if value is UNDEFINED or (self.drops_undefined and UNDEFINED in order):
                continue
            tie = _encoded(value) if query.distinct else own
            yield Entry(tuple(map(_encoded, order)), tie, serialise(value))

    def _cut(self, found: Iterable[Entry], page: Page) -> Page:
        window, entries = self.window, list({entry.tie: entry for entry in found}.values())
        start = self._sort(entries) + window.skip
        chosen = entries[start : start + window.size]
        page.results = [entry.result for entry in chosen]
        if chosen and len(entries) > start + len(chosen):
            last = (*chosen[-1].order, chosen[-1].tie)
            page.continuation = window.continuation(last, len(chosen))
        return page

    def _sort(self, entries: list[Entry]) -> int:
        """Sort entries in place, and return the index of the first one after the previous page."""
        here, position = None, self.window.position
        if position is not None:
            *order, tie = (v if isinstance(v, bytes) else b"" for v in position.values)
            here = Entry(tuple(order), tie, b"")
            entries.append(here)  # last, so that a stable sort puts it after an equal entry
        entries.sort(key=lambda entry: entry.tie)
        descending = directions(self.statement.query, self.statement.parameters)
        for place, is_descending in reversed(list(enumerate(descending))):
            entries.sort(key=lambda entry, place=place: entry.order[place], reverse=is_descending)
        if here is None:
            return 0
        start = next(place for place, entry in enumerate(entries) if entry is here)
        del entries[start]
        return start


def _numbered(rows: Iterable[Row], prefix: bytes) -> Iterator[Found]:
    for index, row in enumerate(rows):
        yield row, prefix + index.to_bytes(8, "big")


def _encoded(value: Value) -> bytes:
    return encode(value) or b""
