"""Compile expressions into Python functions, for the parts of a query that SQLite can't evaluate.

`compile_expression` converts an expression once into nested closures, which then run for each item.
The parameters of a closure contain the query's parameters, the values of the aliases that FROM and
JOIN bind, and the aggregates of a group.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cosmos_emulator.query import ast
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.functions import AGGREGATES, FUNCTIONS
from cosmos_emulator.query.functions.patterns import search
from cosmos_emulator.query.operators import OPERATORS, invert
from cosmos_emulator.query.values import (
    UNDEFINED,
    Json,
    Value,
    equals,
    follow,
    is_array,
    is_number,
    is_object,
)

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


def _variable(node: ast.Variable) -> Evaluator:
    return lambda _item, parameters: follow(parameters[node.alias], node.steps)


def _member(node: ast.Member) -> Evaluator:
    operand, key = compile_expression(node.operand), compile_expression(node.key)

    def found(item: Json, parameters: Parameters) -> Value:
        value, step = operand(item, parameters), key(item, parameters)
        if isinstance(step, str):
            return value.get(step, UNDEFINED) if is_object(value) else UNDEFINED
        if is_number(step) and is_array(value) and 0 <= step < len(value) and step == int(step):
            return value[int(step)]
        return UNDEFINED

    return found


def _unary(node: ast.Unary) -> Evaluator:
    operand, function = compile_expression(node.operand), UNARY[node.operator]
    return lambda item, parameters: function(operand(item, parameters))


def _not(value: Value) -> Value:
    return not value if isinstance(value, bool) else UNDEFINED


UNARY: dict[str, Callable[[Value], Value]] = {
    "NOT": _not,
    "-": lambda value: -value if is_number(value) else UNDEFINED,
    "+": lambda value: value if is_number(value) else UNDEFINED,
    "~": invert,
}


def _binary(node: ast.Binary) -> Evaluator:
    left, right = compile_expression(node.left), compile_expression(node.right)
    if node.operator == "??":
        return _coalesce(left, right)
    function = OPERATORS[node.operator]
    return lambda item, parameters: function(left(item, parameters), right(item, parameters))


def _logical(node: ast.Logical) -> Evaluator:
    """Compile AND or OR. If one operand decides the result, the others may be undefined."""
    operands = [compile_expression(operand) for operand in node.operands]
    decisive = node.operator == "OR"

    def combined(item: Json, parameters: Parameters) -> Value:
        result: Value = not decisive
        for operand in operands:
            value = operand(item, parameters)
            if value is decisive:
                return decisive
            if value is not (not decisive):
                result = UNDEFINED
        return result

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
    return compile_expression(ast.Logical("AND", (above, below)))


def _like(node: ast.Like) -> Evaluator:
    operand, pattern = compile_expression(node.operand), compile_expression(node.pattern)

    def matched(item: Json, parameters: Parameters) -> Value:
        text, like = operand(item, parameters), pattern(item, parameters)
        if not isinstance(text, str) or not isinstance(like, str):
            return UNDEFINED
        return search(_like_pattern(like, node.escape), text, "s")

    return matched


@lru_cache(maxsize=256)
def _like_pattern(like: str, escape: str) -> str:
    """Return a LIKE pattern (% for any text, _ for any character) as a regular expression."""
    escaped = rf"{re.escape(escape)}.|" if escape else ""
    pieces: list[str] = re.findall(rf"{escaped}%+|_|\[\^?[^\]]+\]|.", like, re.DOTALL)
    return r"\A" + "".join(_like_piece(piece, escape) for piece in pieces) + r"\Z"


def _like_piece(piece: str, escape: str) -> str:
    if escape and piece[0] == escape:
        return re.escape(piece[1:])
    if piece[0] == "%":
        return ".*"
    if len(piece) == 1:
        return "." if piece == "_" else re.escape(piece)
    negated = piece[1] == "^"
    members = re.sub(r"[\[\\&~|^]", r"\\\g<0>", piece[1 + negated : -1])
    return f"[{'^' * negated}{members}]"


def _call(node: ast.Call) -> Evaluator:
    if node.function in AGGREGATES:
        name = str(node)
        return lambda _item, parameters: _aggregated(parameters, name)
    if node.user_function:
        return _user_defined(node)
    function, context = FUNCTIONS[node.function].implementation, FUNCTIONS[node.function].context
    arguments = [compile_expression(argument) for argument in node.arguments]

    def called(item: Json, parameters: Parameters) -> Value:
        values = [argument(item, parameters) for argument in arguments]
        try:
            return function(parameters.get(context), *values) if context else function(*values)
        except OverflowError:  # of a number that is too large for a date, an integer or an index
            return UNDEFINED

    return called


def _user_defined(node: ast.Call) -> Evaluator:
    arguments = [compile_expression(argument) for argument in node.arguments]

    def called(item: Json, parameters: Parameters) -> Value:
        return parameters[node.function](*(value(item, parameters) for value in arguments))

    return called


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


COMPILERS: dict[type, Callable[[Any], Evaluator]] = {  # the module `subqueries` adds another one
    ast.Literal: _literal,
    ast.Parameter: _parameter,
    ast.Path: _path,
    ast.Variable: _variable,
    ast.Member: _member,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Logical: _logical,
    ast.Conditional: _conditional,
    ast.In: _in,
    ast.Between: _between,
    ast.Like: _like,
    ast.Call: _call,
    ast.ArrayOf: _array,
    ast.ObjectOf: _object,
}
