"""Parse the text of a query into a syntax tree."""

from functools import lru_cache
from pathlib import Path as File
from typing import Any

import orjson
from lark import Lark, Token, Transformer
from lark.exceptions import LarkError, UnexpectedInput, VisitError

from cosmos_emulator.query import ast
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.values import UNDEFINED

type Node = Any


def parse(text: str) -> ast.Query:
    """Return the syntax tree of a query. Raises QueryError if the query's syntax is invalid."""
    try:
        query: ast.Query = _parser().parse(text)  # pyright: ignore[reportAssignmentType, reportUnknownMemberType]
    except UnexpectedInput as error:
        raise QueryError.syntax(_near(text, error)) from None
    except VisitError as error:
        if isinstance(error.orig_exc, QueryError):
            raise error.orig_exc from None
        raise
    except LarkError as error:
        raise QueryError.syntax(str(error)) from None
    return query


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = File(__file__).with_name("grammar.lark").read_text()
    return Lark(grammar, start="query", parser="lalr", transformer=_Tree())


def _near(text: str, error: UnexpectedInput) -> str:
    rest = text[error.pos_in_stream or 0 :].split()
    return rest[0] if rest else text[-20:]


def _unquote(token: str) -> str:
    inner = token[1:-1]
    if token[0] == "'":
        inner = inner.replace("\\'", "'").replace('"', '\\"')
    try:
        return orjson.loads(f'"{inner}"')
    except orjson.JSONDecodeError:
        raise QueryError.syntax(token) from None


def _number(token: str) -> ast.Literal:
    value = float(token)
    is_exact = token.isdecimal() and value <= 1 << 53
    return ast.Literal(int(token) if is_exact else value)  # a double, as in the service


class _Tree(Transformer[Token, Any]):
    """A bottom-up transformer.

    Each method is named after a grammar rule and receives the rule's parts.
    """

    def query(self, parts: list[Node]) -> ast.Query:
        clauses: dict[str, Node] = {"alias": "c"}
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

    def from_clause(self, parts: list[Token]) -> Node:
        return {"alias": str(parts[-1])}

    def where(self, parts: list[Node]) -> Node:
        return {"where": parts[0]}

    def group_by(self, parts: list[Node]) -> Node:
        return {"group_by": tuple(parts)}

    def order_by(self, parts: list[Node]) -> Node:
        return {"order_by": tuple(parts)}

    def order(self, parts: list[Node]) -> ast.Order:
        return ast.Order(parts[0], len(parts) > 1 and parts[1].upper() == "DESC")

    def offset_limit(self, parts: list[Token]) -> Node:
        return {"offset": _count(parts[0]), "limit": _count(parts[1])}

    def conditional(self, parts: list[Node]) -> ast.Conditional:
        return ast.Conditional(*parts)

    def binary(self, parts: list[Node]) -> ast.Binary:
        left, operator, right = parts
        return ast.Binary("!=" if operator == "<>" else operator.upper(), left, right)

    def unary(self, parts: list[Node]) -> ast.Unary:
        return ast.Unary(parts[0].upper(), parts[1])

    def in_list(self, parts: list[Node]) -> ast.In:
        return ast.In(parts[0], tuple(parts[1:]))

    def not_in_list(self, parts: list[Node]) -> ast.Unary:
        return ast.Unary("NOT", ast.In(parts[0], tuple(parts[2:])))

    def between(self, parts: list[Node]) -> ast.Between:
        return ast.Between(parts[0], parts[1], parts[3])

    def not_between(self, parts: list[Node]) -> ast.Unary:
        return ast.Unary("NOT", ast.Between(parts[0], parts[2], parts[4]))

    def like(self, parts: list[Node]) -> ast.Like:
        return ast.Like(*parts)

    def not_like(self, parts: list[Node]) -> ast.Unary:
        return ast.Unary("NOT", ast.Like(parts[0], parts[2]))

    def parameter(self, parts: list[Token]) -> ast.Parameter:
        return ast.Parameter(str(parts[0]))

    def call(self, parts: list[Node]) -> ast.Call:
        return ast.Call(parts[0].upper(), tuple(parts[1:]))

    def array(self, parts: list[Node]) -> ast.ArrayOf:
        return ast.ArrayOf(tuple(parts))

    def object(self, parts: list[Node]) -> ast.ObjectOf:
        return ast.ObjectOf(tuple(parts))

    def member(self, parts: list[Node]) -> tuple[str, ast.Expression]:
        name: Token = parts[0]
        return (_unquote(name) if name.type == "STRING" else str(name)), parts[1]

    def path(self, parts: list[Node]) -> ast.Path:
        return ast.Path(str(parts[0]), tuple(parts[1:]))

    def property(self, parts: list[Token]) -> str:
        return str(parts[0])

    def quoted(self, parts: list[Token]) -> str:
        return _unquote(parts[0])

    def index(self, parts: list[Token]) -> int:
        return int(parts[0])

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


def _implied_name(expression: ast.Expression, position: int) -> str:
    """Return the default name of a result property.

    The default name is `b` for `c.a.b`, and `$1`, `$2`, … for expressions without a name.
    """
    if isinstance(expression, ast.Path):
        last = expression.steps[-1] if expression.steps else expression.alias
        return last if isinstance(last, str) else f"${position}"
    return f"${position}"
