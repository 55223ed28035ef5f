"""Compute all results of a query and then split them into pages.

For DISTINCT, GROUP BY, aggregates, and an ORDER BY of a property that has no SQLite column, all
results must be computed before the first page.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from cosmos_emulator.query.aggregate import group
from cosmos_emulator.query.evaluate import Evaluator, Parameters, compile_expression
from cosmos_emulator.query.page import Page, Window
from cosmos_emulator.query.rows import Rows
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import UNDEFINED, Json, encode


class Entry(NamedTuple):
    """A result with its sort key: the encoded ORDER BY values, and a value that breaks ties."""

    order: tuple[bytes, ...]
    tie: bytes
    result: bytes


class Found(NamedTuple):
    """An item or a group of items, from which a result and its sort key are computed."""

    item: Json
    parameters: Parameters  # the query's parameters and the group's aggregates
    tie: bytes  # unique


@dataclass(frozen=True, slots=True)
class Collect:
    """A query plan that computes all results before it returns a page."""

    statement: Statement
    rows: Rows
    window: Window

    def execute(self, sql: sqlite3.Connection) -> Page:
        """Return the page."""
        page, statement = Page(), self.statement
        items = _items(self.rows, sql, page)
        found = _groups(statement, items) if statement.is_aggregated else _singles(statement, items)
        return _cut(statement, self.window, _entries(statement, found), page)


def _items(rows: Rows, sql: sqlite3.Connection, page: Page) -> Iterator[tuple[Json, int]]:
    for body, number in rows.read(sql, rows.selection.select("body, number")):
        page.documents_read += 1
        page.bytes_read += len(body)
        yield orjson.loads(body), number


def _singles(statement: Statement, items: Iterable[tuple[Json, int]]) -> Iterator[Found]:
    for item, number in items:
        yield Found(item, statement.parameters, number.to_bytes(8, "big"))


def _groups(statement: Statement, items: Iterable[tuple[Json, int]]) -> Iterator[Found]:
    """Return the groups of items from which the query's results are computed.

    Without GROUP BY, all items are one group.
    """
    for one in group((item for item, _ in items), statement):
        yield Found(one.item, {**statement.parameters, **one.results()}, one.key)


def _entries(statement: Statement, found: Iterable[Found]) -> Iterator[Entry]:
    project, distinct = statement.projection(), statement.query.distinct
    terms = [compile_expression(order.expression) for order in statement.query.order_by]
    for item, parameters, own in found:
        value = project(item, parameters)
        if value is not UNDEFINED:
            tie = (encode(value) or b"") if distinct else own
            yield Entry(_place(terms, item, parameters), tie, orjson.dumps(value))


def _place(terms: list[Evaluator], item: Json, parameters: Parameters) -> tuple[bytes, ...]:
    return tuple(encode(term(item, parameters)) or b"" for term in terms)


def _cut(statement: Statement, window: Window, found: Iterable[Entry], page: Page) -> Page:
    entries = list({entry.tie: entry for entry in found}.values())
    start = _sort(statement, window, entries) + window.skip
    chosen = entries[start : start + window.size]
    page.results = [entry.result for entry in chosen]
    if chosen and len(entries) > start + len(chosen):
        last = (*chosen[-1].order, chosen[-1].tie)
        page.continuation = window.continuation(last, len(chosen))
    return page


def _sort(statement: Statement, window: Window, entries: list[Entry]) -> int:
    """Sort the entries in place, and return the index of the first one after the previous page."""
    here: Entry | None = None
    if window.position is not None:
        *order, tie = (v if isinstance(v, bytes) else b"" for v in window.position.values)
        here = Entry(tuple(order), tie, b"")
        entries.append(here)  # last, so that a stable sort puts it after an equal entry
    entries.sort(key=lambda entry: entry.tie)
    for place, order in reversed(list(enumerate(statement.query.order_by))):
        entries.sort(key=lambda entry, place=place: entry.order[place], reverse=order.descending)
    if here is None:
        return 0
    start = next(place for place, entry in enumerate(entries) if entry is here)
    del entries[start]
    return start
