"""Check that a resolved query uses existing functions and parameters, and aggregates correctly."""

from collections.abc import Iterable

from cosmos_emulator.query import ast
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.functions import AGGREGATES, FUNCTIONS, UNSUPPORTED
from cosmos_emulator.query.functions.function import MANY
from cosmos_emulator.query.nodes import (
    children,
    expressions,
    subqueries,
    walk,
    walk_everything,
)


def check(query: ast.Query) -> None:
    """Raise QueryError if a query calls an unknown function or misplaces an aggregate."""
    for node in walk_everything(query):
        if isinstance(node, ast.Call):
            _check_call(node)
    _check_aggregation(query)


def parameters_of(query: ast.Query) -> frozenset[str]:
    """Return the names of the parameters that a query uses."""
    nodes = walk_everything(query)
    return frozenset(node.name for node in nodes if isinstance(node, ast.Parameter))


def user_functions_of(query: ast.Query) -> frozenset[str]:
    """Return the names of the user-defined functions that a query calls."""
    calls = (node for node in walk_everything(query) if isinstance(node, ast.Call))
    return frozenset(call.user_function for call in calls if call.user_function)


def aggregates_of(query: ast.Query) -> tuple[ast.Call, ...]:
    """Return the aggregates in a query's SELECT clause, without duplicates."""
    selected = [query.value, *(column.expression for column in query.columns)]
    found = walk(*(node for node in selected if node is not None))
    return tuple({str(call): call for call in found if is_aggregate(call)}.values())  # pyright: ignore[reportReturnType]


def is_aggregate(node: ast.Expression) -> bool:
    """Return whether an expression is a call of an aggregate function."""
    return isinstance(node, ast.Call) and node.function in AGGREGATES


def _check_call(call: ast.Call) -> None:
    name, count = call.function, len(call.arguments)
    if call.user_function:
        return
    if name in AGGREGATES:
        arity = range(1, 2)
    elif name in FUNCTIONS:
        arity = FUNCTIONS[name].arity
    elif name in UNSUPPORTED:
        raise QueryError("SC2005", f"'{name}' is not supported by the emulator.")
    else:
        raise QueryError("SC2005", f"'{name}' is not a recognized built-in function name.")
    if count not in arity:
        raise QueryError("SC2050", f"The {name} function requires {_described(arity)} argument(s).")


def _described(arity: range) -> str:
    least, most = arity.start, arity.stop - 1
    if least == most:
        return f"{least}"
    return f"at least {least}" if most == MANY else f"{least} to {most}"


def _check_subquery(query: ast.Query) -> None:
    clauses = {
        "SC2202": ("'ORDER BY'", query.order_by),
        "SC2203": ("'TOP'", query.top),
        "SC2204": ("'OFFSET LIMIT' clause", query.offset),
    }
    for code, (clause, given) in clauses.items():
        if given:
            raise QueryError(code, f"{clause} is not supported in subqueries.")


def _check_aggregation(query: ast.Query) -> None:
    for inner in _inner_queries(query):
        _check_subquery(inner)
        _check_aggregation(inner)
    grouped = {str(node) for node in query.group_by}
    selected = {id(query.value), *(id(column.expression) for column in query.columns)}
    for node in expressions(query):
        if id(node) not in selected and any(map(is_aggregate, walk(node))):
            raise QueryError("SC2102", f"The aggregate in '{node}' is not allowed here.")
    calls = aggregates_of(query)
    inside = walk(*(argument for call in calls for argument in call.arguments))
    if any(is_aggregate(node) or isinstance(node, ast.Subquery) for node in inside):
        raise QueryError(
            "SC2101",
            "Cannot perform an aggregate function on an expression containing an aggregate or a"
            " subquery.",
        )
    if not grouped and not calls:
        return
    if query.order_by and grouped:  # an ORDER BY of one aggregated row is allowed
        raise QueryError("SC2103", "ORDER BY is not allowed with GROUP BY.")
    if query.value is None and not query.columns:
        raise QueryError("SC2041", "'SELECT *' is not allowed with GROUP BY.")
    selections = [query.value, *(column.expression for column in query.columns)]
    _check_selected([node for node in selections if node is not None], grouped)


def _inner_queries(query: ast.Query) -> list[ast.Query]:
    nodes = walk(*expressions(query))
    return subqueries(query) + [node.query for node in nodes if isinstance(node, ast.Subquery)]


def _check_selected(nodes: Iterable[ast.Expression], grouped: set[str]) -> None:
    """Raise QueryError for a property that has no single value within a group of rows."""
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if is_aggregate(node) or str(node) in grouped:
            continue
        if isinstance(node, ast.Path | ast.Variable):
            raise QueryError(
                "SC2102",
                f"Property reference '{node}' is invalid in the select list because it is not"
                " contained in either an aggregate function or the GROUP BY clause.",
            )
        if isinstance(node, ast.Subquery):
            raise QueryError("SC2102", "A subquery is not allowed with GROUP BY or aggregates.")
        pending += children(node)
