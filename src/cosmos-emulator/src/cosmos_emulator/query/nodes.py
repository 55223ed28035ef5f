"""Walk syntax trees."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import get_args

from cosmos_emulator.query import ast, limits
from cosmos_emulator.query.values import Value

TYPES = get_args(ast.Expression.__value__)
SUBQUERY_LEVELS = 5  # evaluating a subquery needs about as much stack as five expressions


def children(node: ast.Expression) -> tuple[ast.Expression, ...]:
    """Return the operands of an expression, but not the expressions of a subquery."""
    found: tuple[ast.Expression, ...] = ()
    match node:
        case ast.Unary(_, operand):
            found = (operand,)
        case ast.Binary(_, left, right) | ast.Like(left, right) | ast.Member(left, right):
            found = left, right
        case ast.Conditional(one, two, three) | ast.Between(one, two, three):
            found = one, two, three
        case ast.In(operand, options):
            found = operand, *options
        case ast.Logical(_, parts) | ast.Call(_, parts) | ast.ArrayOf(parts):
            found = parts
        case ast.ObjectOf(members):
            found = tuple(value for _, value in members)
        case _:
            pass
    return found


def rebuild(
    node: ast.Expression, change: Callable[[ast.Expression], ast.Expression]
) -> ast.Expression:
    """Return an expression with changed operands."""

    def changed(part: Value) -> Value:
        if isinstance(part, tuple):
            return tuple(map(changed, part))  # pyright: ignore[reportUnknownArgumentType]
        return change(part) if isinstance(part, TYPES) else part

    if isinstance(node, ast.Literal | ast.Parameter | ast.Path | ast.Variable):
        return node
    return replace(node, **{f.name: changed(getattr(node, f.name)) for f in fields(node)})


def expressions(query: ast.Query) -> list[ast.Expression]:
    """Return the top expressions of a query's clauses, except for its FROM clause."""
    roots = [query.value, query.where, query.top, query.offset, query.limit]
    roots += [column.expression for column in query.columns]
    roots += [*query.group_by, *(order.expression for order in query.order_by)]
    return [root for root in roots if root is not None]


def subqueries(query: ast.Query) -> list[ast.Query]:
    """Return the subqueries of a query's FROM clause."""
    collections = (source.collection for source in query.sources)
    return [collection for collection in collections if isinstance(collection, ast.Query)]


def walk(*roots: ast.Expression) -> Iterator[ast.Expression]:
    """Yield expressions and everything inside them, except for the content of subqueries."""
    pending = list(reversed(roots))
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(children(node)))


def walk_everything(query: ast.Query) -> Iterator[ast.Expression]:
    """Yield every expression of a query and of its subqueries."""
    pending = [query]
    while pending:
        current = pending.pop()
        pending += subqueries(current)
        for source in current.sources:
            if not isinstance(source.collection, ast.Query):
                yield from walk(source.collection)
        for node in walk(*expressions(current)):
            yield node
            if isinstance(node, ast.Subquery):
                pending.append(node.query)


def check_depth(query: ast.Query) -> None:
    """Raise QueryError if a query is nested too deeply to be evaluated."""
    pending: list[tuple[ast.Expression | ast.Query, int]] = [(query, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > limits.DEPTH_MAX:
            raise limits.exceeded("nested levels", limits.DEPTH_MAX, node=node)
        if isinstance(node, ast.Query):
            inner = [*expressions(node), *subqueries(node)]
            pending += [(found, depth + SUBQUERY_LEVELS) for found in inner]
        elif isinstance(node, ast.Subquery):
            pending.append((node.query, depth + SUBQUERY_LEVELS))
        else:
            pending += [(child, depth + 1) for child in children(node)]
