"""Read results row by row in the order of an index.

Reading a page doesn't require reading the pages before it.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from cosmos_emulator.query import ast
from cosmos_emulator.query.keyset import Condition, Term, after
from cosmos_emulator.query.page import Page, Window
from cosmos_emulator.query.rows import Rows
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.values import UNDEFINED, serialise

PAGE_BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StreamRows:
    """A query plan that lets SQLite sort the rows."""

    statement: Statement
    rows: Rows
    window: Window
    order: tuple[Term, ...]

    def execute(self, sql: sqlite3.Connection) -> Page:
        """Return the page."""
        page, window, last = Page(), self.window, None
        project, skip = _projection(self.statement), window.skip
        for row in self.rows.read(sql, self._select()):
            page.documents_read += 1
            if skip:
                skip -= self._is_total or project(row[0]) is not None
                continue
            if len(page.results) == window.size or page.bytes_read > PAGE_BYTES_MAX:
                if last is not None:
                    page.continuation = window.continuation(last, len(page.results))
                break
            last = row[1:]
            page.bytes_read += len(row[0])
            result = project(row[0])
            if result is not None:
                page.results.append(result)
        return page

    @property
    def _is_total(self) -> bool:
        """Return whether every item has a result. The result of a SELECT VALUE may be undefined."""
        query = self.statement.query
        return query.selects_item or query.value in (None, ast.Path(query.alias, ("id",)))

    def _select(self) -> Condition:
        window, columns = self.window, ["body", *(term.column for term in self.order)]
        start = after(self.order, window.position.values) if window.position else None
        exact = self._is_total and not self.rows.tests
        limit = window.skip + window.size + 1 if exact else None
        return self.rows.selection.select(", ".join(columns), self.order, start, limit)


def _projection(statement: Statement) -> Callable[[bytes], bytes | None]:
    """Return a function that converts a stored item to a result, or to None if undefined."""
    if statement.query.selects_item:
        return lambda body: body
    project, parameters = statement.projection(), statement.parameters

    def projected(body: bytes) -> bytes | None:
        value = project(orjson.loads(body), parameters)
        return None if value is UNDEFINED else serialise(value)

    return projected
