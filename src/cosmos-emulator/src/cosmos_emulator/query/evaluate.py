"""Compile expressions into Python functions, for the parts of a query that SQLite can't evaluate.

`compile_expression` converts an expression once into nested closures, which then run for each item.
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cosmos_emulator.query import ast
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.functions import AGGREGATES, FUNCTIONS
from cosmos_emulator.query.values import UNDEFINED, Json, Value, compare, equals, follow, is_number

type Parameters = Mapping[str, Value]
type Evaluator = Callable[[Json, Parameters], Value]


@lru_cache(maxsize=1024)
def compile_expression(node: ast.Expression) -> Evaluator:
    """Return a function `(item, parameters) -> value` that evaluates an expression."""
    return COMPILERS[type(node)](node)


def _literal(node: ast.Literal) -> Evaluator:
    return lambda _item, _parameters: node.value


def _parameter(node: ast.Parameter) -> Evaluator:
    return lambda _item, parameters: parameters[node.name]


def _path(node: ast.Path) -> Evaluator:
    return lambda item, _parameters: follow(item, node.steps)


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
    "/": lambda left, right: left / right,
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
    """Compile AND or OR. If one operand decides the result, the other operand may be undefined."""

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


def _between(node: ast.Between) -> Evaluator:
    above = ast.Binary(">=", node.operand, node.low)
    below = ast.Binary("<=", node.operand, node.high)
    return compile_expression(ast.Binary("AND", above, below))


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
    """Return a LIKE pattern (% for any text, _ for any character) as a regular expression."""
    pieces: list[str] = re.findall(r"%|_|\[\^?[^\]]+\]|.", like, re.DOTALL)
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
    """Return an aggregate's value from `parameters`, with the aggregate's query text as the key."""
    if name not in parameters:
        raise QueryError("SC2102", f"The aggregate {name} is not allowed here.")
    return parameters[name]


def _array(node: ast.ArrayOf) -> Evaluator:
    evaluators = [compile_expression(item) for item in node.items]

    def built(item: Json, parameters: Parameters) -> Value:
        values = [evaluator(item, parameters) for evaluator in evaluators]
        return [value for value in values if value is not UNDEFINED]

    return built


def _object(node: ast.ObjectOf) -> Evaluator:
    evaluators = [(name, compile_expression(value)) for name, value in node.members]

    def built(item: Json, parameters: Parameters) -> Value:
        values = ((name, evaluator(item, parameters)) for name, evaluator in evaluators)
        return {name: value for name, value in values if value is not UNDEFINED}

    return built


COMPILERS: dict[type, Callable[[Any], Evaluator]] = {
    ast.Literal: _literal,
    ast.Parameter: _parameter,
    ast.Path: _path,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Conditional: _conditional,
    ast.In: _in,
    ast.Between: _between,
    ast.Like: _like,
    ast.Call: _call,
    ast.ArrayOf: _array,
    ast.ObjectOf: _object,
}
