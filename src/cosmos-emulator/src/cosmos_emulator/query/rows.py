"""The rows that meet every condition of a query."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import orjson

from cosmos_emulator.query import limits, sqlite
from cosmos_emulator.query.aggregate import Row
from cosmos_emulator.query.evaluate import Evaluator, Parameters, compile_expression
from cosmos_emulator.query.keyset import Condition
from cosmos_emulator.query.limits import Budget
from cosmos_emulator.query.scope import Scope
from cosmos_emulator.query.sqlite import Selection
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.subqueries import compile_sources
from cosmos_emulator.query.table import Table


@dataclass(frozen=True, slots=True)
class Rows:
    """The items that SQLite selects and that also meet the conditions evaluated in Python.

    With a JOIN, the conditions that SQLite can't evaluate apply to each row of an item instead.
    """

    selection: Selection
    tests: tuple[Evaluator, ...]  # conditions for items
    row_tests: tuple[Evaluator, ...]  # conditions for the rows of an item
    bind: Callable[[Row], Iterator[Row]]
    parameters: Parameters

    @classmethod
    def of(cls, statement: Statement, table: Table, scope: Scope) -> Self:
        """Return the rows of a table that match a query within a scope."""
        selection = sqlite.select(statement.query, statement.parameters, table, scope)
        tests = tuple(compile_expression(condition) for condition in selection.rest)
        is_joined = bool(statement.query.sources) or not statement.query.reads_items
        item_tests, row_tests = ((), tests) if is_joined else (tests, ())
        bind = compile_sources(statement.query.sources)
        return cls(selection, item_tests, row_tests, bind, statement.parameters)

    def read(self, sql: sqlite3.Connection, select: Condition) -> Iterator[tuple[Any, ...]]:
        """Run a SELECT whose first column is the item's body, and return the matching rows."""
        found, budget = sql.execute(*select), limits.current()
        return (row for row in found if self._pass(row[0], budget)) if self.tests else found

    def _pass(self, body: bytes, budget: Budget) -> bool:
        budget.add_item()
        item = orjson.loads(body)
        return all(test(item, self.parameters) is True for test in self.tests)

    def expand(self, row: Row) -> Iterator[Row]:
        """Return the rows of an item: the item itself, or its combinations with joined values."""
        limits.current().add_item()
        if not self.row_tests:
            return self.bind(row)
        return (one for one in self.bind(row) if all(test(*one) is True for test in self.row_tests))
