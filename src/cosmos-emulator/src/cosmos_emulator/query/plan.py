"""The plan of a query over several physical partitions: how the SDK must split and merge it."""

from typing import Any

from cosmos_emulator.query import ast
from cosmos_emulator.query.check import aggregates_of
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.evaluate import Parameters, compile_expression

ORDER_FILTER = "{documentdb-formattableorderbyquery-filter}"


def needs_plan(query: ast.Query) -> bool:
    """Whether answers of several partitions must be merged by more than putting them in a row."""
    clauses = (query.distinct, query.top, query.order_by, query.offset, query.group_by)
    return any(clauses) or bool(aggregates_of(query))


def plan(query: ast.Query, parameters: Parameters) -> dict[str, Any]:
    """The `queryInfo` of a checked query; QueryError for what the Python SDK cannot merge."""
    aggregates = [call.function.title() for call in aggregates_of(query)]
    if query.group_by or len(aggregates) > 1:
        raise QueryError(
            "SC2203",
            "Query contains 1 or more unsupported features. Upgrade your SDK to a version that does"
            " support the requested features: GroupBy, MultipleAggregates",
        )
    return {
        "distinctType": _distinct_type(query),
        "top": _number(query.top, parameters),
        "offset": _number(query.offset, parameters),
        "limit": _number(query.limit, parameters),
        "orderBy": ["Descending" if o.descending else "Ascending" for o in query.order_by],
        "orderByExpressions": [str(order.expression) for order in query.order_by],
        "groupByExpressions": [],
        "groupByAliases": [],
        "aggregates": ["Average" if name == "Avg" else name for name in aggregates],
        "groupByAliasToAggregateType": {},
        "rewrittenQuery": rewrite(query, parameters),
        "hasSelectValue": query.value is not None,
        "dCountInfo": None,
        "hasNonStreamingOrderBy": False,
    }


def _distinct_type(query: ast.Query) -> str:
    if not query.distinct:
        return "None"
    return "Ordered" if query.order_by else "Unordered"


def _number(node: ast.Expression | None, parameters: Parameters) -> int | None:
    return None if node is None else compile_expression(node)(None, parameters)


def rewrite(query: ast.Query, parameters: Parameters) -> str:
    """The query that each partition gets: what the SDK needs for merging is in its answer."""
    parts = ["SELECT"]
    if query.distinct and not query.order_by:
        parts.append("DISTINCT")
    count = _partition_limit(query, parameters)
    if count is not None:
        parts.append(f"TOP {count}")
    parts += [_selection(query), f"FROM {query.alias}"]
    where = f"({query.where})" if query.where else "(true)"
    if query.order_by:
        order = ", ".join(map(str, query.order_by))
        parts.append(f"WHERE {where} AND ({ORDER_FILTER}) ORDER BY {order}")
    elif query.where:
        parts.append(f"WHERE {where}")
    return " ".join(parts)


def _partition_limit(query: ast.Query, parameters: Parameters) -> int | None:
    """How many results of one partition can count at most."""
    limit = _number(query.top or query.limit, parameters)
    if limit is None or (query.distinct and query.order_by):
        return None
    return limit + (_number(query.offset, parameters) or 0)


def _selection(query: ast.Query) -> str:
    calls = aggregates_of(query)
    if calls and query.value is not None:
        return f'VALUE [{{"item": {_partial(calls[0])}}}]'
    if not query.order_by:
        return query.selection()
    items = ", ".join(f'{{"item": {order.expression}}}' for order in query.order_by)
    return f"{query.alias}._rid, [{items}] AS orderByItems, {_payload(query)} AS payload"


def _partial(call: ast.Call) -> str:
    """An average cannot be merged from averages."""
    if call.function == "AVG":
        argument = call.arguments[0]
        return f'{{"sum": SUM({argument}), "count": COUNT({argument})}}'
    return str(call)


def _payload(query: ast.Query) -> str:
    if query.selects_item:
        return query.alias
    if query.value is not None:
        return str(query.value)
    return str(ast.ObjectOf(tuple((c.name, c.expression) for c in query.columns)))
