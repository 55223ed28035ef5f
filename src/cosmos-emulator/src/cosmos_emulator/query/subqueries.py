"""Evaluate subqueries, and the FROM and JOIN clauses that bind aliases to parts of an item.

See https://learn.microsoft.com/azure/cosmos-db/nosql/query/subquery and
https://learn.microsoft.com/azure/cosmos-db/nosql/query/join.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from cosmos_emulator.query import ast, limits
from cosmos_emulator.query.aggregate import Row, group
from cosmos_emulator.query.check import aggregates_of
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.evaluate import COMPILERS, Evaluator, Parameters, compile_expression
from cosmos_emulator.query.values import UNDEFINED, Json, Value, encode, is_array, is_whole

type Collection = Callable[[Json, Parameters], Iterable[Value]]
type Results = Callable[[Json, Parameters], Iterator[Value]]

COUNT_MAX = 1 << 53  # above any number of items, and below SQLite's limit of 2^63


def compile_sources(sources: tuple[ast.Source, ...]) -> Callable[[Row], Iterator[Row]]:
    """Return a function that yields the rows of one item: every combination of the sources."""
    collections = [(source.alias, _compile_collection(source)) for source in sources]

    def bind(item: Json, parameters: Parameters, depth: int) -> Iterator[Row]:
        if depth == len(collections):
            yield item, parameters
            return
        alias, values = collections[depth]
        for value in values(item, parameters):
            limits.remaining()
            yield from bind(item, {**parameters, alias: value}, depth + 1)

    return lambda row: bind(*row, 0)


def _compile_collection(source: ast.Source) -> Collection:
    if isinstance(source.collection, ast.Query):
        values = _measured(compile_query(source.collection))
    else:
        values = _single(compile_expression(source.collection))
    return _elements(values) if source.iterates else values


def _single(evaluator: Evaluator) -> Collection:
    def values(item: Json, parameters: Parameters) -> list[Value]:
        value = evaluator(item, parameters)
        return [] if value is UNDEFINED else [value]

    return values


def _measured(results: Results) -> Collection:
    def values(item: Json, parameters: Parameters) -> Iterator[Value]:
        for value in results(item, parameters):
            limits.check_size(value)
            yield value

    return values


def _elements(values: Collection) -> Collection:
    def elements(item: Json, parameters: Parameters) -> Iterator[Value]:
        for value in values(item, parameters):
            if is_array(value):
                yield from value

    return elements


def projection(query: ast.Query) -> Evaluator:
    """Return a function that computes a query's result for a row."""
    if query.value is not None:
        return compile_expression(query.value)
    if not query.columns:
        return compile_expression(ast.Path(query.alias))
    members = tuple((column.name, column.expression) for column in query.columns)
    return compile_expression(ast.ObjectOf(members))


def compile_query(query: ast.Query) -> Results:
    """Return a function that yields the defined results of a subquery for one row."""
    bind, project = compile_sources(query.sources), projection(query)
    where = None if query.where is None else compile_expression(query.where)
    is_aggregated = bool(query.group_by or aggregates_of(query))

    def results(item: Json, parameters: Parameters) -> Iterator[Value]:
        rows = bind((item, parameters))
        if where is not None:
            rows = (row for row in rows if where(*row) is True)
        if is_aggregated:
            rows = (one.row() for one in group(rows, query, parameters))
        found = (value for row in rows if (value := project(*row)) is not UNDEFINED)
        return distinct(found) if query.distinct else found

    return results


def distinct(values: Iterable[Value]) -> Iterator[Value]:
    """Yield values without duplicates."""
    seen = set[bytes | None]()
    for value in values:
        key = encode(value)
        if key not in seen:
            seen.add(key)
            yield value


def count(node: ast.Expression, parameters: Parameters) -> int:
    """Return the number in a TOP, OFFSET or LIMIT. Raises QueryError if it is invalid."""
    value = compile_expression(node)(None, parameters)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not is_whole(value) or value < 0:
        raise QueryError("SC2062", "TOP, OFFSET and LIMIT must be non-negative integers.")
    return min(int(value), COUNT_MAX)


def _subquery(node: ast.Subquery) -> Evaluator:
    results = compile_query(node.query)
    if node.kind is ast.Kind.EXISTS:
        return lambda item, parameters: any(True for _ in results(item, parameters))
    if node.kind is ast.Kind.ARRAY:
        return lambda item, parameters: _listed(results(item, parameters))
    return lambda item, parameters: _only(results(item, parameters))


def _listed(results: Iterator[Value]) -> Value:
    values = list(islice(results, limits.NODES_MAX + 1))
    limits.check_size(values)
    return values


def _only(results: Iterator[Value]) -> Value:
    values = list(islice(results, 2))
    if len(values) > 1:
        raise QueryError(
            "SC2205", "The cardinality of a scalar subquery result set cannot be greater than one."
        )
    return values[0] if values else UNDEFINED


COMPILERS[ast.Subquery] = _subquery
