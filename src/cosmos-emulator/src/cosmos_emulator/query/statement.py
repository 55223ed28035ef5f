"""Parsed and checked queries, from which query plans are made."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from cosmos_emulator.query import ast
from cosmos_emulator.query.check import check, nodes_of
from cosmos_emulator.query.evaluate import Evaluator, Parameters, compile_expression
from cosmos_emulator.query.functions import AGGREGATES
from cosmos_emulator.query.parser import parse
from cosmos_emulator.query.scope import pinned
from cosmos_emulator.query.values import PropertyPath, Value


@dataclass(frozen=True, slots=True)
class Statement:
    """A checked query with the values of its parameters."""

    text: str
    query: ast.Query
    aggregates: tuple[ast.Call, ...]  # without duplicates
    parameters: Parameters

    @classmethod
    def of(cls, text: str, parameters: Parameters) -> Self:
        """Parse and check a query. Raises QueryError if the query is invalid."""
        query, nodes, aggregates = _analysed(text)
        check(query, nodes, parameters)
        return cls(text, query, aggregates, parameters)

    @property
    def pins(self) -> dict[PropertyPath, Value]:
        """Return the properties that the query's WHERE clause limits to one value each."""
        return pinned(self.query, self.parameters)

    @property
    def is_aggregated(self) -> bool:
        """Return whether the results are computed from groups of items, not single items."""
        return bool(self.aggregates or self.query.group_by)

    def projection(self) -> Evaluator:
        """Return a function that computes a query's result for an item."""
        query = self.query
        if query.value is not None:
            return compile_expression(query.value)
        if not query.columns:
            return compile_expression(ast.Path(query.alias))
        members = tuple((column.name, column.expression) for column in query.columns)
        return compile_expression(ast.ObjectOf(members))


@lru_cache(maxsize=512)
def _analysed(text: str) -> tuple[ast.Query, tuple[ast.Expression, ...], tuple[ast.Call, ...]]:
    """Parse a query and find its expressions and aggregates.

    Parsed queries are cached, because clients repeat queries.
    """
    query = parse(text)
    nodes = nodes_of(query)
    calls = (n for n in nodes if isinstance(n, ast.Call) and n.function in AGGREGATES)
    return query, nodes, tuple({str(call): call for call in calls}.values())
