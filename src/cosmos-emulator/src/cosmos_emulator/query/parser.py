"""Parse the text of a query into a syntax tree, and find the location of an error in the text.

The tree is not resolved: a path may start with any name. The module `resolve` looks up the names.
"""

import re
from functools import lru_cache
from itertools import islice
from pathlib import Path as File
from typing import Any

from lark import Lark, Tree
from lark.exceptions import LarkError, UnexpectedInput, VisitError

from cosmos_emulator.query import ast, limits
from cosmos_emulator.query.builder import TreeBuilder
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.nodes import check_depth

type Node = Any

_WORDS = re.compile(r"""'(?:[^'\\]|\\.)*+'?|"(?:[^"\\]|\\.)*+"?|\w+|\S""")


def parse(text: str) -> ast.Query:
    """Return the syntax tree of a query.

    Raises QueryError if the query's syntax is invalid or the query exceeds a limit.
    """
    _check_length(text)
    try:
        query: ast.Query = _parser().parse(text)  # pyright: ignore[reportAssignmentType, reportUnknownMemberType]
        check_depth(query)
    except UnexpectedInput as error:
        raise _syntax_error(text, error) from None
    except VisitError as error:
        if isinstance(error.orig_exc, QueryError):
            raise _located(text, error.orig_exc) from None
        raise
    except LarkError as error:
        raise QueryError.syntax(str(error)) from None
    except QueryError as error:
        raise _located(text, error) from None
    return query


def _check_length(text: str) -> None:
    if len(text) > limits.QUERY_LENGTH_MAX:
        location = (limits.QUERY_LENGTH_MAX, len(text))
        raise limits.exceeded("characters in a query", limits.QUERY_LENGTH_MAX, location)
    if extra := next(islice(_WORDS.finditer(text), limits.WORDS_MAX, None), None):
        raise limits.exceeded("words in a query", limits.WORDS_MAX, extra.span())


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_grammar(), start="query", parser="lalr", transformer=TreeBuilder())


@lru_cache(maxsize=1)
def _positioned_parser() -> Lark:
    return Lark(_grammar(), start="query", parser="lalr", propagate_positions=True)


def _grammar() -> str:
    return File(__file__).with_name("grammar.lark").read_text()


def _located(text: str, error: QueryError) -> QueryError:
    """Return an error of a query with its location in the text.

    The parser doesn't record positions, which would slow down all queries, so a query with an error
    is parsed again.
    """
    try:
        tree = _positioned_parser().parse(text)  # pyright: ignore[reportUnknownMemberType]
    except UnexpectedInput as unexpected:  # after the other error
        return _syntax_error(text, unexpected)
    transformer, built = TreeBuilder(), dict[int, Node]()
    locations = dict[int, tuple[int, int]]()
    for part in tree.iter_subtrees():
        own = (0, len(text)) if part.meta.empty else (part.meta.start_pos, part.meta.end_pos)
        children = [built[id(c)] if isinstance(c, Tree) else c for c in part.children]
        try:
            node = getattr(transformer, part.data)(children)
        except QueryError as found:
            found.location = locations.get(id(found.node), own)
            return found
        built[id(part)] = node
        locations[id(node)] = own
    try:
        check_depth(built[id(tree)])
    except QueryError as found:
        error = found
    error.location = locations.get(id(error.node), (0, len(text)))
    return error


def _syntax_error(text: str, error: UnexpectedInput) -> QueryError:
    start = len(text) if error.pos_in_stream is None else error.pos_in_stream
    start = min(max(start, 0), len(text))
    rest = text[start : start + 100].split()
    near = rest[0] if rest else text[-20:]
    return QueryError.syntax(near, start, start + len(near) if rest else len(text))
