"""Build the nodes of a syntax tree from the parts that the grammar's rules have found."""

import math
import re
from typing import Any

import orjson
from lark import Token, Transformer

from cosmos_emulator.query import ast, limits
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.values import UNDEFINED, is_number, is_whole, tidy

type Node = Any

DIGITS_MAX = 20  # a longer number is certainly not an exact integer


def _unquote(token: str) -> str:
    """Return the value of a string literal. Both kinds of quotes allow the same escapes."""
    quotes = {"\\'": "'", '"': '\\"'}
    inner = re.sub(r'\\.|"', lambda found: quotes.get(found[0], found[0]), token[1:-1])
    try:
        return orjson.loads(f'"{inner}"')
    except orjson.JSONDecodeError:
        raise QueryError.syntax(token) from None


def _number(token: str) -> ast.Literal:
    if token[:2] in ("0x", "0X"):
        return ast.Literal(_as_double(int(token, 16)))
    is_whole = token.isdecimal() and len(token) < DIGITS_MAX
    return ast.Literal(_as_double(int(token)) if is_whole else float(token))


def _as_double(whole: int) -> float:
    """Return a number as a double, as the service does, or as an integer if that is exact."""
    try:
        return tidy(whole)
    except OverflowError:
        return math.inf


class TreeBuilder(Transformer[Token, Any]):
    """A bottom-up transformer.

    Each method is named after a grammar rule and receives the rule's parts.
    """

    def query(self, parts: list[Node]) -> ast.Query:
        clauses: dict[str, Node] = {}
        for part in parts:
            clauses |= part
        return ast.Query(**clauses)

    def select(self, parts: list[Node]) -> Node:
        merged: dict[str, Node] = {}
        for part in parts:
            merged |= part
        return merged

    def distinct(self, _: list[Node]) -> Node:
        return {"distinct": True}

    def top(self, parts: list[Token]) -> Node:
        return {"top": _count(parts[0])}

    def star(self, _: list[Node]) -> Node:
        return {}

    def value(self, parts: list[Node]) -> Node:
        return {"value": parts[0]}

    def columns(self, parts: list[Node]) -> Node:
        named = [
            ast.Column(expression, name or _implied_name(expression, index))
            for index, (expression, name) in enumerate(parts, 1)
        ]
        return {"columns": tuple(named)}

    def column(self, parts: list[Node]) -> Node:
        return parts[0], str(parts[1]) if len(parts) > 1 else None

    def from_clause(self, parts: list[Node]) -> Node:
        if len(parts) > limits.JOINS_MAX + 1:
            extra = parts[limits.JOINS_MAX + 1]
            raise limits.exceeded("JOINs", limits.JOINS_MAX, node=extra)
        return {"sources": tuple(parts)}

    def aliased(self, parts: list[Node]) -> ast.Source:
        collection = parts[0]
        alias = str(parts[1]) if len(parts) > 1 else ""
        if not alias and isinstance(collection, ast.Path):
            alias = next((s for s in reversed(collection.steps) if isinstance(s, str)), "")
            alias = alias or collection.alias
        return ast.Source(collection, alias)

    def iterated(self, parts: list[Node]) -> ast.Source:
        return ast.Source(parts[1], str(parts[0]), iterates=True)

    def location(self, parts: list[Token]) -> ast.Path:
        values = {"STRING": _unquote, "INTEGER": int, "NAME": str}
        steps = tuple(values[token.type](token) for token in parts[1:])
        return ast.Path(str(parts[0]), steps)

    def table(self, parts: list[Node]) -> ast.Query:
        return parts[0]

    def where(self, parts: list[Node]) -> Node:
        return {"where": parts[0]}

    def group_by(self, parts: list[Node]) -> Node:
        return {"group_by": tuple(parts)}

    def order_by(self, parts: list[Node]) -> Node:
        return {"order_by": tuple(parts)}

    def order_by_rank(self, _: list[Node]) -> Node:
        raise QueryError("SC2005", "ORDER BY RANK is not supported by the emulator.")

    def order(self, parts: list[Node]) -> ast.Order:
        return ast.Order(parts[0], len(parts) > 1 and parts[1].upper() == "DESC")

    def offset_limit(self, parts: list[Token]) -> Node:
        return {"offset": _count(parts[0]), "limit": _count(parts[1])}

    def conditional(self, parts: list[Node]) -> ast.Conditional:
        return ast.Conditional(*parts)

    def binary(self, parts: list[Node]) -> ast.Binary:
        left, operator, right = parts
        return ast.Binary("!=" if operator == "<>" else str(operator), left, right)

    def logical(self, parts: list[Node]) -> ast.Logical:
        operator, operands = parts[1].upper(), list[ast.Expression]()
        for part in parts[::2]:
            nested = isinstance(part, ast.Logical) and part.operator == operator
            operands += part.operands if nested else [part]
            if len(operands) > limits.CONDITIONS_MAX:
                raise limits.exceeded(f"{operator} conditions", limits.CONDITIONS_MAX, node=part)
        return ast.Logical(operator, tuple(operands))

    def unary(self, parts: list[Node]) -> ast.Expression:
        operator, operand = parts[0].upper(), parts[1]
        if operator == "-" and isinstance(operand, ast.Literal) and is_number(operand.value):
            return ast.Literal(-operand.value)
        return ast.Unary(operator, operand)

    def in_list(self, parts: list[Node]) -> ast.In:
        if len(parts) - 1 > limits.OPTIONS_MAX:
            extra = parts[limits.OPTIONS_MAX + 1]
            raise limits.exceeded("values in an IN list", limits.OPTIONS_MAX, node=extra)
        return ast.In(parts[0], tuple(parts[1:]))

    def not_in_list(self, parts: list[Node]) -> ast.Unary:
        return ast.Unary("NOT", self.in_list([parts[0], *parts[2:]]))

    def between(self, parts: list[Node]) -> ast.Between:
        return ast.Between(parts[0], parts[1], parts[3])

    def not_between(self, parts: list[Node]) -> ast.Unary:
        return ast.Unary("NOT", ast.Between(parts[0], parts[2], parts[4]))

    def like(self, parts: list[Node]) -> ast.Like:
        operand, pattern, *given = parts
        escape = _unquote(given[0]) if given else ""
        if given and len(escape) != 1:
            raise QueryError.syntax(given[0])
        return ast.Like(operand, pattern, escape)

    def not_like(self, parts: list[Node]) -> ast.Unary:
        return ast.Unary("NOT", self.like([parts[0], *parts[2:]]))

    def parameter(self, parts: list[Token]) -> ast.Parameter:
        return ast.Parameter(str(parts[0]))

    def name(self, parts: list[Token]) -> ast.Path:
        return ast.Path(str(parts[0]))

    def property(self, parts: list[Node]) -> ast.Expression:
        return _member(parts[0], ast.Literal(str(parts[1])))

    def indexed(self, parts: list[Node]) -> ast.Expression:
        return _member(*parts)

    def call(self, parts: list[Node]) -> ast.Call:
        return ast.Call(parts[0].upper(), tuple(parts[1:]))

    def udf(self, parts: list[Node]) -> ast.Call:
        return ast.Call(ast.UDF + parts[0], tuple(parts[1:]))

    def array(self, parts: list[Node]) -> ast.ArrayOf:
        return ast.ArrayOf(tuple(parts))

    def object(self, parts: list[Node]) -> ast.ObjectOf:
        return ast.ObjectOf(tuple(parts))

    def member(self, parts: list[Node]) -> tuple[str, ast.Expression]:
        name: Token = parts[0]
        return (_unquote(name) if name.type == "STRING" else str(name)), parts[1]

    def scalar(self, parts: list[Node]) -> ast.Subquery:
        return ast.Subquery(ast.Kind.SCALAR, parts[0])

    def exists(self, parts: list[Node]) -> ast.Subquery:
        return ast.Subquery(ast.Kind.EXISTS, parts[0])

    def array_of(self, parts: list[Node]) -> ast.Subquery:
        return ast.Subquery(ast.Kind.ARRAY, parts[0])

    def number(self, parts: list[Token]) -> ast.Literal:
        return _number(parts[0])

    def string(self, parts: list[Token]) -> ast.Literal:
        return ast.Literal(_unquote(parts[0]))

    def true(self, _: list[Node]) -> ast.Literal:
        return ast.Literal(True)  # noqa: FBT003  the SQL literal

    def false(self, _: list[Node]) -> ast.Literal:
        return ast.Literal(False)  # noqa: FBT003  the SQL literal

    def null(self, _: list[Node]) -> ast.Literal:
        return ast.Literal(None)

    def undefined(self, _: list[Node]) -> ast.Literal:
        return ast.Literal(UNDEFINED)


def _count(token: Token) -> ast.Expression:
    return ast.Parameter(str(token)) if token.type == "PARAMETER" else _number(token)


def _member(operand: ast.Expression, key: ast.Expression) -> ast.Expression:
    """Return a step into a value. Steps with constant names or positions extend a path."""
    step = key.value if isinstance(key, ast.Literal) else None
    if isinstance(operand, ast.Path) and (isinstance(step, str) or (is_whole(step) and step >= 0)):
        if len(operand.steps) == limits.DEPTH_MAX:
            raise limits.exceeded("nested levels", limits.DEPTH_MAX, node=operand)
        return ast.Path(operand.alias, (*operand.steps, step))
    return ast.Member(operand, key)


def _implied_name(expression: ast.Expression, position: int) -> str:
    """Return the default name of a result property.

    The default name is `b` for `c.a.b`, and `$1`, `$2`, … for expressions without a name.
    """
    if isinstance(expression, ast.Path):
        last = expression.steps[-1] if expression.steps else expression.alias
        return last if isinstance(last, str) else f"${position}"
    return f"${position}"
