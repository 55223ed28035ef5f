"""Parsed, resolved and checked queries, from which query plans are made."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, Self

from cosmos_emulator.query import ast
from cosmos_emulator.query.check import (
    aggregates_of,
    check,
    parameters_of,
    user_functions_of,
)
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.evaluate import Evaluator, Parameters
from cosmos_emulator.query.functions.dates import NOW
from cosmos_emulator.query.limits import check_size
from cosmos_emulator.query.nodes import walk_everything
from cosmos_emulator.query.parser import parse
from cosmos_emulator.query.resolve import Keys, Schema, resolve, static_path
from cosmos_emulator.query.scope import pinned
from cosmos_emulator.query.subqueries import projection
from cosmos_emulator.query.values import Json, PropertyPath, Value, is_whole

NODES_SMALL = 100  # a query with more expressions can repeat an item's values too often
PLAIN = Schema()  # the schema of a container without computed properties and vectors

type Functions = Callable[[str], Callable[..., Value]]  # a function by its name
type OrderedPath = tuple[PropertyPath | None, bool]  # a property or None, and is descending


def no_functions(name: str) -> Callable[..., Value]:
    """Raise QueryError, because there are no user-defined functions."""
    raise QueryError("SC2005", f"'{name}' is not a recognized user-defined function name.")


@dataclass(frozen=True, slots=True)
class Statement:
    """A checked query with the values of its parameters."""

    text: str
    query: ast.Query
    aggregates: tuple[ast.Call, ...]  # without duplicates
    order: tuple[OrderedPath, ...]  # the ORDER BY, in which computed properties have their names
    multiplies: bool  # whether results can be much larger than items
    parameters: Parameters

    @classmethod
    def of(
        cls,
        text: str,
        parameters: Parameters,
        schema: Schema = PLAIN,
        now: float | None = None,
        functions: Functions = no_functions,
    ) -> Self:
        """Parse and check a query. Raises QueryError if the query is invalid.

        `now` is the time in seconds since 1970 for the functions of the current time, and
        `functions` returns a user-defined function by its name.
        """
        found = _analysed(text, schema, ())
        keys = tuple((name, parameters[name]) for name in found.keys if _is_key(parameters, name))
        if keys:
            found = _analysed(text, schema, keys)
        for name in found.parameters:
            if name not in parameters:
                raise QueryError("SC2001", f"Identifier '{name}' could not be resolved.")
        bound = {**parameters, NOW: time.time() if now is None else now}
        bound |= {ast.UDF + name: functions(name) for name in found.functions}
        return cls(text, found.query, found.aggregates, found.order, found.multiplies, bound)

    @property
    def pins(self) -> dict[PropertyPath, Value]:
        """Return the properties that the query's WHERE clause limits to one value each."""
        return pinned(self.query, self.parameters)

    @property
    def is_aggregated(self) -> bool:
        """Return whether the results are computed from groups of rows, not single rows."""
        return bool(self.aggregates or self.query.group_by)

    def projection(self) -> Evaluator:
        """Return a function that computes a query's result for a row."""
        project = projection(self.query)
        return _measured(project) if self.multiplies else project


class Analysis(NamedTuple):
    """What is known about a query without the values of its parameters."""

    query: ast.Query
    parameters: frozenset[str]
    functions: frozenset[str]  # the names of user-defined functions
    aggregates: tuple[ast.Call, ...]
    order: tuple[OrderedPath, ...]
    multiplies: bool
    keys: tuple[str, ...]  # the parameters that stand for the names of properties


@lru_cache(maxsize=512)
def _analysed(text: str, schema: Schema, keys: Keys) -> Analysis:
    """Parse, resolve and check a query.

    The results are cached, because clients repeat queries.
    """
    parsed = parse(text)
    query = resolve(parsed, schema, keys)
    check(query)
    order = tuple((_steps(term.expression, keys), term.descending) for term in parsed.order_by)
    return Analysis(
        query,
        parameters_of(query),
        user_functions_of(query),
        aggregates_of(query),
        order,
        _multiplies(query),
        _key_parameters(query),
    )


def _is_key(parameters: Parameters, name: str) -> bool:
    value = parameters.get(name)
    return isinstance(value, str) or (is_whole(value) and value >= 0)


def _key_parameters(query: ast.Query) -> tuple[str, ...]:
    members = (node for node in walk_everything(query) if isinstance(node, ast.Member))
    return tuple({m.key.name: None for m in members if isinstance(m.key, ast.Parameter)})


def _steps(node: ast.Expression, keys: Keys) -> PropertyPath | None:
    path = static_path(node, keys)
    return path.steps if isinstance(path, ast.Path) else None


def _multiplies(query: ast.Query) -> bool:
    nodes = list(islice(walk_everything(query), NODES_SMALL + 1))
    return len(nodes) > NODES_SMALL or any(isinstance(node, ast.Subquery) for node in nodes)


def _measured(project: Evaluator) -> Evaluator:
    def measured(item: Json, parameters: Parameters) -> Value:
        value = project(item, parameters)
        check_size(value)
        return value

    return measured
