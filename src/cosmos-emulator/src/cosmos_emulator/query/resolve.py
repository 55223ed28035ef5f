"""Look up the names in a parsed query: aliases of FROM and JOIN, and computed properties.

In a resolved query, an `ast.Path` starts at the whole item, and an `ast.Variable` starts at a value
that FROM or JOIN binds to an alias. A computed property is replaced by its definition
(https://learn.microsoft.com/azure/cosmos-db/nosql/query/computed-properties).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from cosmos_emulator.query import ast
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.functions import vectors
from cosmos_emulator.query.nodes import rebuild
from cosmos_emulator.query.values import PropertyPath

NUMBERS = {"NaN": math.nan, "Infinity": math.inf}


type Keys = tuple[tuple[str, str | int], ...]  # the values of parameters such as @p in c[@p]


@dataclass(frozen=True, eq=False)
class Schema:
    """The parts of a container's definition that change the meaning of a query.

    Every schema is different from any other one, so that it is a fast key of a cache.
    """

    computed: Mapping[str, ast.Expression] = field(default_factory=dict[str, ast.Expression])
    distances: Mapping[PropertyPath, str] = field(default_factory=dict[PropertyPath, str])


@dataclass(frozen=True)
class Names:
    """The names that are visible in a part of a query."""

    item: str = ""  # the alias of the whole item
    bound: frozenset[str] = frozenset()
    schema: Schema = field(default_factory=Schema)
    keys: Keys = ()
    is_top: bool = False  # whether FROM may name the container

    def bind(self, alias: str) -> Self:
        """Return the names with one more alias, if it isn't empty."""
        return replace(self, bound=self.bound | ({alias} - {""}), is_top=False)


def resolve(query: ast.Query, schema: Schema, keys: Keys = ()) -> ast.Query:
    """Return a query with resolved names. Raises QueryError for an unknown name."""
    names = Names(schema=schema, keys=keys, is_top=True)
    first = query.sources[0] if query.sources else None
    if first is None or first.iterates or not _is_name(first.collection):
        return _query(query, names)
    names = replace(names, item=first.alias, is_top=False)
    rest = replace(query, alias=first.alias, sources=query.sources[1:])
    return _query(rest, names)


def _is_name(collection: ast.Expression | ast.Query) -> bool:
    return isinstance(collection, ast.Path) and not collection.steps


def _query(query: ast.Query, names: Names) -> ast.Query:
    sources = list[ast.Source]()
    for source in query.sources:
        sources.append(replace(source, collection=_collection(source.collection, names)))
        names = names.bind(source.alias)
    names = replace(names, is_top=False)
    return replace(
        query,
        sources=tuple(sources),
        value=_value(query, names),
        columns=tuple(
            replace(c, expression=_expression(c.expression, names)) for c in query.columns
        ),
        where=_optional(query.where, names),
        group_by=_all(query.group_by, names),
        order_by=tuple(
            replace(o, expression=_expression(o.expression, names)) for o in query.order_by
        ),
    )


def _collection(collection: ast.Expression | ast.Query, names: Names) -> ast.Expression | ast.Query:
    if isinstance(collection, ast.Query):
        return _query(collection, names)
    if names.is_top and isinstance(collection, ast.Path):
        return collection
    return _expression(collection, names)


def _value(query: ast.Query, names: Names) -> ast.Expression | None:
    """Return the expression of SELECT VALUE. A SELECT * of a bound alias becomes one, too."""
    if query.value is not None or query.columns:
        return _optional(query.value, names)
    if len(query.sources) + bool(query.alias) > 1:
        raise QueryError("SC2040", "'SELECT *' is only valid with a single input set.")
    if query.sources:
        return ast.Variable(query.sources[0].alias)
    if not query.alias:
        raise QueryError(
            "SC1001", "Syntax error, 'SELECT *' is not valid if FROM clause is omitted."
        )
    return None


def _optional(node: ast.Expression | None, names: Names) -> ast.Expression | None:
    return None if node is None else _expression(node, names)


def _all(nodes: tuple[ast.Expression, ...], names: Names) -> tuple[ast.Expression, ...]:
    return tuple(_expression(node, names) for node in nodes)


def static_path(node: ast.Expression, keys: Keys) -> ast.Expression:
    """Return a path with constant steps for a path such as `c[@p].a`, or the node itself."""
    if not isinstance(node, ast.Member):
        return node
    operand = static_path(node.operand, keys)
    key = dict(keys).get(node.key.name) if isinstance(node.key, ast.Parameter) else None
    if isinstance(node.key, ast.Literal) and isinstance(node.key.value, str | int):
        key = node.key.value
    if not isinstance(operand, ast.Path) or key is None:
        return node
    return ast.Path(operand.alias, (*operand.steps, key))


def _expression(node: ast.Expression, names: Names) -> ast.Expression:
    node = static_path(node, names.keys) if names.keys else node
    if isinstance(node, ast.Path):
        return _path(node, names)
    if isinstance(node, ast.Subquery):
        return ast.Subquery(node.kind, _query(node.query, names))
    found = rebuild(node, lambda child: _expression(child, names))
    if isinstance(found, ast.Call) and found.function == vectors.NAME:
        return _with_distance(found, names)
    return found


def _path(path: ast.Path, names: Names) -> ast.Expression:
    if path.alias in names.bound:
        return ast.Variable(path.alias, path.steps)
    if path.alias == names.item and names.item:
        return _computed(path, names.schema.computed)
    if path.alias in NUMBERS and not path.steps:
        return ast.Literal(NUMBERS[path.alias])
    raise QueryError("SC2001", f"Identifier '{path.alias}' could not be resolved.")


def _computed(path: ast.Path, computed: Mapping[str, ast.Expression]) -> ast.Expression:
    first = path.steps[0] if path.steps else None
    if not isinstance(first, str) or first not in computed:
        return path
    node = _renamed(computed[first], path.alias)
    for step in path.steps[1:]:
        node = ast.Member(node, ast.Literal(step))
    return node


def _renamed(node: ast.Expression, alias: str) -> ast.Expression:
    """Return the definition of a computed property with the query's alias of the item."""
    if isinstance(node, ast.Path):
        return ast.Path(alias, node.steps)
    return rebuild(node, lambda child: _renamed(child, alias))


def _with_distance(call: ast.Call, names: Names) -> ast.Call:
    """Return a call of VectorDistance with the distance function of the container's policy."""
    paths = [node.steps for node in call.arguments[:2] if isinstance(node, ast.Path)]
    named = next((names.schema.distances[p] for p in paths if p in names.schema.distances), None)
    if named is None or len(call.arguments) not in (2, 3):
        return call
    exact = call.arguments[2:] or (ast.Literal(value=False),)
    options = ast.ObjectOf(((vectors.OPTION, ast.Literal(named)),))
    return ast.Call(call.function, (*call.arguments[:2], *exact, options))
