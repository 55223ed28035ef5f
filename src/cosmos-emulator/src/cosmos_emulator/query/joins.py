"""Read the rows of joins in the order of an index, item by item.

A page may end between two rows of an item. Then its continuation token contains the last item
before this item, and the number of the item's results that were already returned.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import orjson

from cosmos_emulator.query.keyset import Condition, Term, after
from cosmos_emulator.query.page import Page, Window
from cosmos_emulator.query.rows import Rows
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import UNDEFINED, serialise


@dataclass(frozen=True, slots=True)
class StreamJoins:
    """A query plan that lets SQLite sort the items, and computes the rows of each item."""

    statement: Statement
    rows: Rows
    window: Window
    order: tuple[Term, ...]

    def execute(self, sql: sqlite3.Connection) -> Page:
        """Return the page."""
        page, window = Page(), self.window
        last = window.position.values if window.position else ()
        done = window.position.inner if window.position else 0  # results of the current item
        skip, results = window.skip, self._results()
        for row in self.rows.read(sql, self._select()):
            page.documents_read += 1
            page.bytes_read += len(row[0])
            for result in islice(results(row[0]), done, None):
                if skip:
                    skip -= 1
                elif len(page.results) == window.size:
                    page.continuation = window.continuation(last, len(page.results), done)
                    return page
                else:
                    page.results.append(result)
                done += 1
            last, done = row[1:], 0
        return page

    def _results(self) -> Callable[[bytes], Iterator[bytes]]:
        """Return a function that yields the results of a stored item."""
        project, parameters = self.statement.projection(), self.statement.parameters

        def results(body: bytes) -> Iterator[bytes]:
            for row in self.rows.expand((orjson.loads(body), parameters)):
                value = project(*row)
                if value is not UNDEFINED:
                    yield serialise(value)

        return results

    def _select(self) -> Condition:
        columns, position = ["body", *(term.column for term in self.order)], self.window.position
        start = after(self.order, position.values) if position and position.values else None
        return self.rows.selection.select(", ".join(columns), self.order, start)
