"""ORDER BY VectorDistance, which sorts the most similar items first.

Items without a vector, or with a vector of another length, are not part of the results.
"""

from cosmos_emulator.query import ast
from cosmos_emulator.query.evaluate import Parameters, compile_expression
from cosmos_emulator.query.functions import vectors


def is_by_distance(query: ast.Query) -> bool:
    """Return whether a query sorts its results by a distance of vectors."""
    return len(query.order_by) == 1 and _is_distance(query.order_by[0].expression)


def directions(query: ast.Query, parameters: Parameters) -> list[bool]:
    """Return whether each term of an ORDER BY is descending.

    A distance has no direction of its own. It depends on the distance function.
    """
    return [
        _is_descending(order.expression, parameters)
        if _is_distance(order.expression)
        else order.descending
        for order in query.order_by
    ]


def _is_distance(node: ast.Expression) -> bool:
    return isinstance(node, ast.Call) and node.function == vectors.NAME


def _is_descending(node: ast.Expression, parameters: Parameters) -> bool:
    given = node.arguments[3:] if isinstance(node, ast.Call) else ()
    options = compile_expression(given[0])({}, parameters) if given else None
    return vectors.distance_function(options) != vectors.EUCLIDEAN
