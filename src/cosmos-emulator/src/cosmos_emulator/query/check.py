"""Check that every parameter, alias and function in a query exists."""

from collections.abc import Iterable

from cosmos_emulator.query import ast
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.evaluate import Parameters
from cosmos_emulator.query.functions import AGGREGATES, FUNCTIONS


def check(query: ast.Query, nodes: Iterable[ast.Expression], parameters: Parameters) -> None:
    """Raise QueryError if a query contains an unknown parameter, alias or function."""
    for node in nodes:
        match node:
            case ast.Parameter(name) if name not in parameters:
                raise _unresolved(name)
            case ast.Path(alias) if alias != query.alias:
                raise _unresolved(alias)
            case ast.Call(function, arguments):
                _check_call(function, len(arguments))
            case _:
                pass


def _unresolved(name: str) -> QueryError:
    return QueryError("SC2001", f"Identifier '{name}' could not be resolved.")


def _check_call(function: str, count: int) -> None:
    if function in AGGREGATES:
        arity = range(1, 2)
    elif function in FUNCTIONS:
        arity = FUNCTIONS[function].arity
    else:
        raise QueryError("SC2005", f"'{function}' is not a recognized built-in function name.")
    if count not in arity:
        raise QueryError("SC2012", f"The {function} function requires {arity.start} argument(s).")


def nodes_of(query: ast.Query) -> tuple[ast.Expression, ...]:
    """Return every expression in a query, at any depth."""
    roots = [query.value, query.where, query.top, query.offset, query.limit]
    roots += [column.expression for column in query.columns]
    roots += [*query.group_by, *(order.expression for order in query.order_by)]
    return tuple(node for root in roots if root is not None for node in nodes_in(root))


def nodes_in(node: ast.Expression) -> list[ast.Expression]:
    """Return an expression and the expressions in it, at any depth."""
    return [node, *(found for child in _children(node) for found in nodes_in(child))]


def _children(node: ast.Expression) -> tuple[ast.Expression, ...]:
    children: tuple[ast.Expression, ...] = ()
    match node:
        case ast.Unary(_, operand):
            children = (operand,)
        case ast.Binary(_, left, right) | ast.Like(left, right):
            children = left, right
        case ast.Conditional(one, two, three) | ast.Between(one, two, three):
            children = one, two, three
        case ast.In(operand, options):
            children = operand, *options
        case ast.Call(_, parts) | ast.ArrayOf(parts):
            children = parts
        case ast.ObjectOf(members):
            children = tuple(value for _, value in members)
        case _:
            pass
    return children
