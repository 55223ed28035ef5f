"""Query plans, with which the SDK queries each physical partition and merges the results."""

from typing import Any

from cosmos_emulator.query import ast
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.evaluate import compile_expression
from cosmos_emulator.query.statement import Statement

ORDER_FILTER = "{documentdb-formattableorderbyquery-filter}"


def needs_merge(statement: Statement) -> bool:
    """Return whether clients must merge the partitions' results instead of concatenating them."""
    query = statement.query
    clauses = (query.distinct, query.top, query.order_by, query.offset)
    return any(clauses) or statement.is_aggregated


def merge_plan(statement: Statement) -> dict[str, Any]:
    """Return the `queryInfo` of a query's plan.

    Raises QueryError if the Python SDK can't merge the query's results.
    """
    query = statement.query
    aggregates = [call.function.title() for call in statement.aggregates]
    if query.group_by or len(aggregates) > 1:
        raise QueryError(
            "SC2203",
            "Query contains 1 or more unsupported features. Upgrade your SDK to a version that does"
            " support the requested features: GroupBy, MultipleAggregates",
        )
    return {
        "distinctType": _distinct_type(query),
        "top": _number(statement, query.top),
        "offset": _number(statement, query.offset),
        "limit": _number(statement, query.limit),
        "orderBy": ["Descending" if o.descending else "Ascending" for o in query.order_by],
        "orderByExpressions": [str(order.expression) for order in query.order_by],
        "groupByExpressions": [],
        "groupByAliases": [],
        "aggregates": ["Average" if name == "Avg" else name for name in aggregates],
        "groupByAliasToAggregateType": {},
        "rewrittenQuery": _rewritten(statement),
        "hasSelectValue": query.value is not None,
        "dCountInfo": None,
        "hasNonStreamingOrderBy": False,
    }


def _distinct_type(query: ast.Query) -> str:
    if not query.distinct:
        return "None"
    return "Ordered" if query.order_by else "Unordered"


def _number(statement: Statement, node: ast.Expression | None) -> int | None:
    return None if node is None else compile_expression(node)(None, statement.parameters)


def _rewritten(statement: Statement) -> str:
    """Return the query for each partition, which selects the values that the SDK merges."""
    query = statement.query
    parts = ["SELECT"]
    if query.distinct and not query.order_by:
        parts.append("DISTINCT")
    count = _partition_limit(statement)
    if count is not None:
        parts.append(f"TOP {count}")
    parts += [_selection(statement), f"FROM {query.alias}"]
    where = f"({query.where})" if query.where else "(true)"
    if query.order_by:
        order = ", ".join(map(str, query.order_by))
        parts.append(f"WHERE {where} AND ({ORDER_FILTER}) ORDER BY {order}")
    elif query.where:
        parts.append(f"WHERE {where}")
    return " ".join(parts)


def _partition_limit(statement: Statement) -> int | None:
    """Return the maximum number of results needed from one partition, or None for no maximum."""
    query = statement.query
    limit = _number(statement, query.top or query.limit)
    if limit is None or (query.distinct and query.order_by):
        return None
    return limit + (_number(statement, query.offset) or 0)


def _selection(statement: Statement) -> str:
    query, calls = statement.query, statement.aggregates
    if calls and query.value is not None:
        return f'VALUE [{{"item": {_partial(calls[0])}}}]'
    if not query.order_by:
        return query.selection()
    items = ", ".join(f'{{"item": {order.expression}}}' for order in query.order_by)
    return f"{query.alias}._rid, [{items}] AS orderByItems, {_payload(query)} AS payload"


def _partial(call: ast.Call) -> str:
    """Return what each partition computes for an aggregate: for AVG, the sum and the count."""
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
