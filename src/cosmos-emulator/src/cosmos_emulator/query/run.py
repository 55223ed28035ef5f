"""One request for one page of a query, and the page."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from cosmos_emulator.query import ast, continuation, sqlite
from cosmos_emulator.query.continuation import Position
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.evaluate import Evaluator, Parameters, compile_expression
from cosmos_emulator.query.keyset import Condition, PositionValue
from cosmos_emulator.query.parser import parse
from cosmos_emulator.query.scope import Scope
from cosmos_emulator.query.table import Table
from cosmos_emulator.query.values import is_whole

_COUNT_MAX = 1 << 53  # no container holds more; SQLite's integers end at 2^63


@dataclass
class Page:
    """Results as JSON texts, the token of the next page, and what was read to get them."""

    results: list[bytes] = field(default_factory=list[bytes])
    continuation: str | None = None
    documents_read: int = 0
    bytes_read: int = 0


@dataclass(frozen=True)
class Run:
    """A query's text and parameters, where it looks, and from where on how much it may answer."""

    sql: sqlite3.Connection
    table: Table
    scope: Scope
    text: str
    parameters: Parameters
    page_size: int
    token: str = ""

    @cached_property
    def query(self) -> ast.Query:
        return parse(self.text)

    @cached_property
    def position(self) -> Position | None:
        """The end of the last page; QueryError if the token is not this query's own."""
        return continuation.read(self.text, self.token) if self.token else None

    @cached_property
    def selection(self) -> sqlite.Selection:
        return sqlite.select(self.query, self.parameters, self.table, self.scope)

    @cached_property
    def left(self) -> int | None:
        """How many results TOP or LIMIT still allows; None: any number."""
        if self.position is not None:
            return self.position.left
        limit = self.query.top or self.query.limit
        return None if limit is None else self._count(limit)

    @cached_property
    def skip(self) -> int:
        """How many rows OFFSET passes over, on the first page."""
        return self._count(self.query.offset) if self.query.offset and not self.position else 0

    @cached_property
    def wanted(self) -> int:
        """How many results this page may hold."""
        return self.page_size if self.left is None else min(self.left, self.page_size)

    @cached_property
    def build(self) -> Evaluator:
        """The function from an item to its result."""
        query = self.query
        if query.value is not None:
            return compile_expression(query.value)
        if not query.columns:
            return compile_expression(ast.Path(query.alias))
        members = tuple((column.name, column.expression) for column in query.columns)
        return compile_expression(ast.ObjectOf(members))

    @cached_property
    def order(self) -> list[Evaluator]:
        """The functions from an item to what it is ordered by."""
        return [compile_expression(order.expression) for order in self.query.order_by]

    def rows(self, statement: Condition) -> Iterator[tuple[Any, ...]]:
        """The rows of a statement, bodies first, that meet all conditions of the query."""
        found = self.sql.execute(*statement)
        if not self.selection.rest:
            return found
        return (row for row in found if self._meets_rest(row[0]))

    @cached_property
    def _tests(self) -> list[Evaluator]:
        return [compile_expression(condition) for condition in self.selection.rest]

    def _meets_rest(self, body: bytes) -> bool:
        item = orjson.loads(body)
        return all(test(item, self.parameters) is True for test in self._tests)

    def continued_after(self, values: tuple[PositionValue, ...], answered: int) -> str | None:
        """The token for what follows a row, unless TOP or LIMIT is used up."""
        left = None if self.left is None else self.left - answered
        return None if left == 0 else continuation.write(self.text, Position(values, left))

    def _count(self, node: ast.Expression) -> int:
        value = compile_expression(node)(None, self.parameters)
        if not is_whole(value) or value < 0:
            raise QueryError("SC2062", "TOP, OFFSET and LIMIT must be non-negative integers.")
        return min(int(value), _COUNT_MAX)
