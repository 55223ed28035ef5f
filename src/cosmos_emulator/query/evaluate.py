"""Expressions as Python functions: what SQLite cannot decide is decided here, item by item.

`compile_expression` turns a tree into nested closures once; the closures then run for every item.
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from . import ast
from .errors import QueryError
from .functions import AGGREGATES, FUNCTIONS, is_number
from .values import UNDEFINED, Json, Value, compare, equals, follow

type Parameters = Mapping[str, Value]
type Evaluator = Callable[[Json, Parameters], Value]


def check(query: ast.Query, parameters: Parameters) -> None:
    """Refuses a query that names what is not there: parameters, aliases, functions."""
    for node in nodes_of(query):
        match node:
            case ast.Parameter(name) if name not in parameters:
                raise QueryError("SC2001", f"Identifier '{name}' could not be resolved.")
            case ast.Path(alias) if alias != query.alias:
                raise QueryError("SC2001", f"Identifier '{alias}' could not be resolved.")
            case ast.Call(function, arguments):
                _check_call(function, len(arguments))
            case _:
                pass


def _check_call(function: str, count: int) -> None:
    if function in AGGREGATES:
        arity = range(1, 2)
    elif function in FUNCTIONS:
        arity = FUNCTIONS[function].arity
    else:
        raise QueryError("SC2005", f"'{function}' is not a recognized built-in function name.")
    if count not in arity:
        raise QueryError("SC2012", f"The {function} function requires {arity.start} argument(s).")


@lru_cache(maxsize=512)
def nodes_of(query: ast.Query) -> tuple[ast.Expression, ...]:
    """Every expression in a query, at any depth."""
    roots = [query.value, query.where, query.top, query.offset, query.limit]
    roots += [column.expression for column in query.columns]
    roots += [*query.group_by, *(order.expression for order in query.order_by)]
    return tuple(node for root in roots if root is not None for node in walk(root))


def walk(node: ast.Expression) -> list[ast.Expression]:
    """An expression and all below it."""
    return [node, *(found for child in _children(node) for found in walk(child))]


def _children(node: ast.Expression) -> tuple[ast.Expression, ...]:
    match node:
        case ast.Unary(_, operand):
            return (operand,)
        case ast.Binary(_, left, right) | ast.Like(left, right):
            return left, right
        case ast.Conditional(one, two, three) | ast.Between(one, two, three):
            return one, two, three
        case ast.In(operand, options):
            return operand, *options
        case ast.Call(_, children) | ast.ArrayOf(children):
            return children
        case ast.ObjectOf(members):
            return tuple(value for _, value in members)
        case _:
            return ()


@lru_cache(maxsize=1024)
def compile_expression(node: ast.Expression) -> Evaluator:
    """The function `(item, parameters) -> value` of an expression."""
    match node:
        case ast.Literal(value):
            return lambda _item, _parameters: value
        case ast.Parameter(name):
            return lambda _item, parameters: parameters[name]
        case ast.Path(_, steps):
            return lambda item, _parameters: follow(item, steps)
        case ast.Unary():
            return _unary(node)
        case ast.Binary():
            return _binary(node)
        case ast.Conditional():
            return _conditional(node)
        case _:
            return _compile_compound(node)


def _compile_compound(node: ast.Expression) -> Evaluator:
    match node:
        case ast.In():
            return _in(node)
        case ast.Between(operand, low, high):
            above, below = ast.Binary(">=", operand, low), ast.Binary("<=", operand, high)
            return compile_expression(ast.Binary("AND", above, below))
        case ast.Like():
            return _like(node)
        case ast.Call():
            return _call(node)
        case ast.ArrayOf(items):
            return _array(items)
        case ast.ObjectOf(members):
            return _object(members)
        case _:
            raise TypeError(node)


def _unary(node: ast.Unary) -> Evaluator:
    operand = compile_expression(node.operand)

    def negated(item: Json, parameters: Parameters) -> Value:
        value = operand(item, parameters)
        return not value if isinstance(value, bool) else UNDEFINED

    def signed(item: Json, parameters: Parameters) -> Value:
        value = operand(item, parameters)
        if not is_number(value):
            return UNDEFINED
        return -value if node.operator == "-" else value

    return negated if node.operator == "NOT" else signed


COMPARISONS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": lambda left, right: left - right * int(left / right),
}


def _binary(node: ast.Binary) -> Evaluator:
    left, right = compile_expression(node.left), compile_expression(node.right)
    if node.operator in ("AND", "OR"):
        return _logical(left, right, decisive=node.operator == "OR")
    if node.operator == "??":
        return _coalesce(left, right)
    function = _operator(node.operator)
    return lambda item, parameters: function(left(item, parameters), right(item, parameters))


def _operator(name: str) -> Callable[[Value, Value], Value]:
    if name == "=":
        return equals
    if name == "!=":
        return _differs
    if name == "||":
        return _concatenate
    return _comparison(COMPARISONS[name]) if name in COMPARISONS else _arithmetic(ARITHMETIC[name])


def _differs(left: Value, right: Value) -> Value:
    result = equals(left, right)
    return result if result is UNDEFINED else not result


def _concatenate(left: Value, right: Value) -> Value:
    return left + right if isinstance(left, str) and isinstance(right, str) else UNDEFINED


def _comparison(test: Callable[[int], bool]) -> Callable[[Value, Value], Value]:
    def compared(left: Value, right: Value) -> Value:
        order = compare(left, right)
        return order if order is UNDEFINED else test(order)

    return compared


def _arithmetic(function: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value]:
    def computed(left: Value, right: Value) -> Value:
        if not (is_number(left) and is_number(right)):
            return UNDEFINED
        try:
            return function(left, right)
        except (ZeroDivisionError, OverflowError):
            return UNDEFINED

    return computed


def _logical(left: Evaluator, right: Evaluator, *, decisive: bool) -> Evaluator:
    """Three-valued AND and OR: one decisive side decides, even beside an undefined one."""

    def combined(item: Json, parameters: Parameters) -> Value:
        first = left(item, parameters)
        if first is decisive:
            return decisive
        second = right(item, parameters)
        if second is decisive:
            return decisive
        return not decisive if first is second is (not decisive) else UNDEFINED

    return combined


def _coalesce(left: Evaluator, right: Evaluator) -> Evaluator:
    def chosen(item: Json, parameters: Parameters) -> Value:
        value = left(item, parameters)
        return right(item, parameters) if value is UNDEFINED else value

    return chosen


def _conditional(node: ast.Conditional) -> Evaluator:
    condition = compile_expression(node.condition)
    then, otherwise = compile_expression(node.then), compile_expression(node.otherwise)
    return lambda item, parameters: (
        then(item, parameters)
        if condition(item, parameters) is True
        else otherwise(item, parameters)
    )


def _in(node: ast.In) -> Evaluator:
    operand = compile_expression(node.operand)
    options = [compile_expression(option) for option in node.options]

    def found(item: Json, parameters: Parameters) -> Value:
        value = operand(item, parameters)
        results = [equals(value, option(item, parameters)) for option in options]
        if True in results:
            return True
        return UNDEFINED if UNDEFINED in results else False

    return found


def _like(node: ast.Like) -> Evaluator:
    operand, pattern = compile_expression(node.operand), compile_expression(node.pattern)

    def matched(item: Json, parameters: Parameters) -> Value:
        text, like = operand(item, parameters), pattern(item, parameters)
        if not isinstance(text, str) or not isinstance(like, str):
            return UNDEFINED
        return _like_pattern(like).fullmatch(text) is not None

    return matched


@lru_cache(maxsize=256)
def _like_pattern(like: str) -> re.Pattern[str]:
    """% stands for any text, _ for one character, [a-c] and [^a-c] for one of a set."""
    pieces = re.findall(r"%|_|\[\^?[^\]]+\]|.", like, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    translated = (
        piece if len(piece) > 1 else wild.get(piece, re.escape(piece)) for piece in pieces
    )
    return re.compile("".join(translated), re.DOTALL)


def _call(node: ast.Call) -> Evaluator:
    if node.function in AGGREGATES:
        name = str(node)
        return lambda _item, parameters: _aggregated(parameters, name)
    function = FUNCTIONS[node.function].implementation
    arguments = [compile_expression(argument) for argument in node.arguments]
    return lambda item, parameters: function(*(a(item, parameters) for a in arguments))


def _aggregated(parameters: Parameters, name: str) -> Value:
    """Aggregates are computed first and then stand among the parameters under their own text."""
    if name not in parameters:
        raise QueryError("SC2102", f"The aggregate {name} is not allowed here.")
    return parameters[name]


def _array(items: tuple[ast.Expression, ...]) -> Evaluator:
    evaluators = [compile_expression(item) for item in items]

    def built(item: Json, parameters: Parameters) -> Value:
        values = [evaluator(item, parameters) for evaluator in evaluators]
        return [value for value in values if value is not UNDEFINED]

    return built


def _object(members: tuple[tuple[str, ast.Expression], ...]) -> Evaluator:
    evaluators = [(name, compile_expression(value)) for name, value in members]

    def built(item: Json, parameters: Parameters) -> Value:
        values = ((name, evaluator(item, parameters)) for name, evaluator in evaluators)
        return {name: value for name, value in values if value is not UNDEFINED}

    return built
