"""Query plans, with which the SDK queries each physical partition and merges the results.

A client sends the list of the features that it can merge in `x-ms-cosmos-supported-query-features`.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from json import dumps
from typing import Any

from cosmos_emulator.query import ast
from cosmos_emulator.query.check import is_aggregate
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.nodes import walk
from cosmos_emulator.query.similarity import directions, is_by_distance
from cosmos_emulator.query.statement import Statement
from cosmos_emulator.query.subqueries import count

ORDER_FILTER = "{documentdb-formattableorderbyquery-filter}"
GROUP_BY, MULTIPLE, NON_VALUE = "GroupBy", "MultipleAggregates", "NonValueAggregate"
LISTS = "ListAndSetAggregate"
FEATURES = frozenset((GROUP_BY, MULTIPLE, NON_VALUE, LISTS))  # which some clients don't support
TYPES = {
    "AVG": "Average",
    "COUNT": "Count",
    "COUNTIF": "CountIf",
    "MAKELIST": "MakeList",
    "MAKESET": "MakeSet",
    "MAX": "Max",
    "MIN": "Min",
    "SUM": "Sum",
}


def needs_merge(statement: Statement) -> bool:
    """Return whether clients must merge the partitions' results instead of concatenating them."""
    query = statement.query
    clauses = (query.distinct, query.top, query.order_by, query.offset)
    return query.reads_items and (any(clauses) or statement.is_aggregated)


def merge_plan(statement: Statement, features: AbstractSet[str]) -> dict[str, Any]:
    """Return the `queryInfo` of a query's plan.

    Raises QueryError if a client with these features can't merge the query's results.
    """
    _check(statement, features)
    query = statement.query
    order_by = () if statement.is_aggregated else _order_by(statement)  # of rows, not of groups
    directions = [] if statement.is_aggregated else _directions(statement)
    grouped = _is_grouped(query, statement)
    types = _aggregate_types(query) if grouped else {}
    aggregates = [] if types else [_type(call) for call in statement.aggregates]
    return {
        "distinctType": _distinct_type(query),
        "top": _number(statement, query.top),
        "offset": _number(statement, query.offset),
        "limit": _number(statement, query.limit),
        "orderBy": ["Descending" if down else "Ascending" for down in directions],
        "orderByExpressions": [str(order.expression) for order in order_by],
        "groupByExpressions": [str(expression) for expression in query.group_by],
        "groupByAliases": list(types),
        "aggregates": aggregates,
        "groupByAliasToAggregateType": types,
        "rewrittenQuery": _rewritten(statement, is_modern=GROUP_BY in features),
        "hasSelectValue": query.value is not None,
        "dCountInfo": None,
        "hasNonStreamingOrderBy": is_by_distance(query),
    }


def _check(statement: Statement, features: AbstractSet[str]) -> None:
    query = statement.query
    calls = statement.aggregates
    if calls and query.value is None and not query.group_by and NON_VALUE not in features:
        raise QueryError(
            "SC2102",
            "Cross partition query only supports 'VALUE <AggregateFunc>' for aggregates.",
        )
    needed = [GROUP_BY] if query.group_by else []
    needed += [MULTIPLE] if len(calls) > 1 else []
    needed += [LISTS] if any(call.function in ("MAKELIST", "MAKESET") for call in calls) else []
    if missing := [feature for feature in needed if feature not in features]:
        raise QueryError(
            "SC2203",
            "Query contains 1 or more unsupported features. Upgrade your SDK to a version that does"
            f" support the requested features: {', '.join(missing)}",
        )
    selected = [c.expression for c in query.columns] or [query.value]
    if any(_has_aggregate(node) and not (node and is_aggregate(node)) for node in selected):
        raise QueryError(
            "SC2104", "Cross partition query doesn't support aggregates within other expressions."
        )


def _has_aggregate(node: ast.Expression | None) -> bool:
    return node is not None and any(map(is_aggregate, walk(node)))


def _is_grouped(query: ast.Query, statement: Statement) -> bool:
    """Return whether clients merge the results as groups, each with its aggregates."""
    return bool(query.group_by) or (statement.is_aggregated and query.value is None)


def _aggregate_types(query: ast.Query) -> dict[str, str | None]:
    """Return how clients merge each property of a group: by an aggregate, or not at all."""
    return {column.name: _type(column.expression) for column in query.columns}


def _type(node: ast.Expression) -> str | None:
    return TYPES.get(node.function) if isinstance(node, ast.Call) else None


def _directions(statement: Statement) -> list[bool]:
    return directions(statement.query, statement.parameters)


def _order_by(statement: Statement) -> list[ast.Order]:
    """Return the ORDER BY with the names of computed properties instead of their definitions."""
    alias = statement.query.alias
    terms = zip(statement.query.order_by, statement.order, strict=True)
    return [
        term if path is None else replace(term, expression=ast.Path(alias, path))
        for term, (path, _) in terms
    ]


def _distinct_type(query: ast.Query) -> str:
    if not query.distinct:
        return "None"
    return "Ordered" if query.order_by else "Unordered"


def _number(statement: Statement, node: ast.Expression | None) -> int | None:
    return None if node is None else count(node, statement.parameters)


def _rewritten(statement: Statement, *, is_modern: bool) -> str:
    """Return the query for each partition, which selects the values that the SDK merges."""
    query = statement.query
    parts = ["SELECT"]
    if query.distinct and not query.order_by:
        parts.append("DISTINCT")
    limit = _partition_limit(statement)
    if limit is not None:
        parts.append(f"TOP {limit}")
    parts += [_selection(statement, is_modern=is_modern), query.origin()]
    where = f"({query.where})" if query.where else "(true)"
    if query.order_by and not statement.is_aggregated:
        order = ", ".join(map(str, _order_by(statement)))
        parts.append(f"WHERE {where} AND ({ORDER_FILTER}) ORDER BY {order}")
    elif query.where:
        parts.append(f"WHERE {where}")
    if query.group_by:
        parts.append("GROUP BY " + ", ".join(map(str, query.group_by)))
    return " ".join(parts)


def _partition_limit(statement: Statement) -> int | None:
    """Return the maximum number of results needed from one partition, or None for no maximum."""
    query = statement.query
    limit = _number(statement, query.limit if query.top is None else query.top)
    if limit is None or (query.distinct and query.order_by) or statement.is_aggregated:
        return None
    return limit + (_number(statement, query.offset) or 0)


def _selection(statement: Statement, *, is_modern: bool) -> str:
    query, calls = statement.query, statement.aggregates
    if _is_grouped(query, statement):
        return _groups(query)
    if calls and query.value is not None:
        return f'VALUE [{{"item": {_partial(calls[0], is_modern=is_modern)}}}]'
    if not query.order_by:
        return query.selection()
    items = ", ".join(f'{{"item": {order.expression}}}' for order in _order_by(statement))
    return f"{query.alias}._rid, [{items}] AS orderByItems, {_payload(query)} AS payload"


def _groups(query: ast.Query) -> str:
    """Return what each partition selects for its groups: their keys, and values to merge."""
    keys = ", ".join(f'{{"item": {expression}}}' for expression in query.group_by)
    if query.value is None:
        members = ((column.name, _merged(column.expression)) for column in query.columns)
        payload = "{" + ", ".join(f"{dumps(name)}: {text}" for name, text in members) + "}"
    else:
        merged = _merged(query.value)
        payload = f"[{merged}]" if _type(query.value) else merged
    return (f"[{keys}] AS groupByItems, " if keys else "") + f"{payload} AS payload"


def _merged(node: ast.Expression) -> str:
    if isinstance(node, ast.Call) and _type(node):
        return f'{{"item": {_partial(node, is_modern=True)}}}'
    return str(node)


def _partial(call: ast.Call, *, is_modern: bool) -> str:
    """Return what each partition computes for an aggregate: for AVG, the sum and the count.

    Clients that can merge groups expect MIN and MAX together with the count, which is 0 for a
    partition without values. Other clients expect only the value.
    """
    argument = call.arguments[0]
    if call.function == "AVG":
        return f'{{"sum": SUM({argument}), "count": COUNT({argument})}}'
    if call.function in ("MIN", "MAX") and is_modern:
        return f'{{"{call.function.lower()}": {call}, "count": COUNT({argument})}}'
    return str(call)


def _payload(query: ast.Query) -> str:
    if query.selects_item:
        return query.alias
    if query.value is not None:
        return str(query.value)
    return str(ast.ObjectOf(tuple((c.name, c.expression) for c in query.columns)))
