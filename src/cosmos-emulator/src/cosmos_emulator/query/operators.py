"""The operators of Cosmos SQL on values.

An operand of the wrong type makes a result undefined. Arithmetic is that of IEEE 754 doubles, so a
division by zero is infinite. Bitwise operators work on 32 bits, as in JavaScript
(https://learn.microsoft.com/azure/cosmos-db/nosql/query/bitwise-operators).
"""

import math
import operator
from collections.abc import Callable
from typing import Any

from cosmos_emulator.query import limits
from cosmos_emulator.query.values import UNDEFINED, Value, compare, equals, is_number, tidy

type Operator = Callable[[Value, Value], Value]

BITS = 32
MASK = (1 << BITS) - 1
SIGN_BIT = 1 << (BITS - 1)


def _differs(left: Value, right: Value) -> Value:
    result = equals(left, right)
    return result if result is UNDEFINED else not result


def _concatenate(left: Value, right: Value) -> Value:
    if not (isinstance(left, str) and isinstance(right, str)):
        return UNDEFINED
    limits.check_length(len(left) + len(right))
    return left + right


def _comparison(test: Callable[[int], bool]) -> Operator:
    def compared(left: Value, right: Value) -> Value:
        order = compare(left, right)
        return order if order is UNDEFINED else test(order)

    return compared


def _arithmetic(function: Callable[[Any, Any], float]) -> Operator:
    def computed(left: Value, right: Value) -> Value:
        if not (is_number(left) and is_number(right)):
            return UNDEFINED
        return tidy(function(left, right))

    return computed


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def _remainder(left: float, right: float) -> float:
    return math.fmod(left, right) if right and math.isfinite(left) else math.nan


def _bitwise(function: Callable[[int, int], int]) -> Operator:
    def computed(left: Value, right: Value) -> Value:
        if not (is_number(left) and is_number(right)):
            return UNDEFINED
        return function(to_int32(left), to_int32(right))

    return computed


def to_int32(number: float) -> int:
    """Return a number as a signed integer of 32 bits, as in JavaScript."""
    return _signed(int(number)) if math.isfinite(number) else 0


def _signed(whole: int) -> int:
    bits = whole & MASK
    return bits - (1 << BITS) if bits & SIGN_BIT else bits


def invert(value: Value) -> Value:
    """Return `~value`."""
    return ~to_int32(value) if is_number(value) else UNDEFINED


OPERATORS: dict[str, Operator] = {
    "=": equals,
    "!=": _differs,
    "<": _comparison(lambda order: order < 0),
    "<=": _comparison(lambda order: order <= 0),
    ">": _comparison(lambda order: order > 0),
    ">=": _comparison(lambda order: order >= 0),
    "||": _concatenate,
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "/": _arithmetic(_divide),
    "%": _arithmetic(_remainder),
    "&": _bitwise(lambda left, right: left & right),
    "|": _bitwise(lambda left, right: left | right),
    "^": _bitwise(lambda left, right: left ^ right),
    "<<": _bitwise(lambda left, right: _signed(left << (right & 31))),
    ">>": _bitwise(lambda left, right: left >> (right & 31)),
    ">>>": _bitwise(lambda left, right: (left & MASK) >> (right & 31)),
}
