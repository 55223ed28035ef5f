"""Mathematical functions: https://learn.microsoft.com/cosmos-db/query/system-functions.

The results are those of IEEE 754 doubles: SQRT(-1) is NaN, and LOG(0) is -Infinity. The functions
INT… work on signed integers of 64 bits, and return undefined for any other argument.
"""

import math
import random
from collections.abc import Callable

from cosmos_emulator.query.functions.function import Function, arity, of_numbers, whole
from cosmos_emulator.query.values import UNDEFINED, Value

BITS = 64
SIGN_BIT = 1 << (BITS - 1)
MASK = (1 << BITS) - 1


def _real(function: Callable[..., float], least: int = 1, most: int | None = None) -> Function:
    """Return a function of doubles: NaN outside its domain, infinite beyond the largest double."""

    def safe(*numbers: float) -> float:
        try:
            return function(*map(float, numbers))
        except ValueError:
            return math.nan
        except ArithmeticError:
            return math.inf

    return of_numbers(safe, least, most)


def _log(number: float, base: float = math.e) -> float:
    if number == 0:
        return -math.inf
    return math.log(number) if base == math.e else math.log(number) / math.log(base)


def _log10(number: float) -> float:
    return math.log10(number) if number else -math.inf


def _cotangent(number: float) -> float:
    return 1 / math.tan(number) if number else math.inf


def _power(base: float, exponent: float) -> float:
    if base == 0 and exponent < 0:
        return math.inf
    return math.pow(base, exponent)


def _exact(function: Callable[[float], float]) -> Callable[[float], float]:
    """Return a function that leaves NaN and the infinities as they are."""
    return lambda number: function(number) if math.isfinite(number) else number


def _round(number: float) -> float:
    fraction, nearest = math.modf(abs(number))
    return math.copysign(nearest + (fraction * 2 >= 1), number)  # halves away from zero


def _sign(number: float) -> float:
    return (number > 0) - (number < 0)


def _absolute(number: float) -> float:
    return abs(number)


def _square(number: float) -> float:
    return number * number


def _pi() -> float:
    return math.pi


def _bin(number: float, size: float = 1) -> float:
    return math.floor(number / size) * size if size > 0 else math.nan


def _number_bin(*values: Value) -> Value:
    result = of_numbers(_bin, 1, 2).implementation(*values)
    return UNDEFINED if isinstance(result, float) and math.isnan(result) else result


def _integers(function: Callable[[int, int], int]) -> Function:
    """Return a function of two signed 64-bit integers, whose result wraps around."""

    def computed(left: Value, right: Value) -> Value:
        one, two = _integer(left), _integer(right)
        if one is None or two is None:
            return UNDEFINED
        try:
            bits = function(one, two) & MASK
        except (ZeroDivisionError, ValueError):
            return UNDEFINED
        return bits - (1 << BITS) if bits & SIGN_BIT else bits

    return Function(computed, arity(2))


def _integer(value: Value) -> int | None:
    number = whole(value)
    return number if number is not None and -SIGN_BIT <= number < SIGN_BIT else None


def _invert(value: Value) -> Value:
    number = _integer(value)
    return UNDEFINED if number is None else ~number


def _quotient(left: int, right: int) -> int:
    magnitude = abs(left) // abs(right)
    return magnitude if (left < 0) is (right < 0) else -magnitude


def _shift_left(number: int, places: int) -> int:
    if places < 0:
        raise ValueError(places)
    return number << places if places < BITS else 0


FUNCTIONS: dict[str, Function] = {
    "ABS": of_numbers(_absolute),
    "ACOS": _real(math.acos),
    "ASIN": _real(math.asin),
    "ATAN": _real(math.atan),
    "ATN2": _real(math.atan2, 2),
    "CEILING": of_numbers(_exact(math.ceil)),
    "COS": _real(math.cos),
    "COT": _real(_cotangent),
    "DEGREES": _real(math.degrees),
    "EXP": _real(math.exp),
    "FLOOR": of_numbers(_exact(math.floor)),
    "LOG": _real(_log, 1, 2),
    "LOG10": _real(_log10),
    "NUMBERBIN": Function(_number_bin, arity(1, 2)),
    "PI": of_numbers(_pi, 0),
    "POWER": _real(_power, 2),
    "RADIANS": _real(math.radians),
    "RAND": of_numbers(random.random, 0),
    "ROUND": of_numbers(_exact(_round)),
    "SIGN": of_numbers(_sign),
    "SIN": _real(math.sin),
    "SQRT": _real(math.sqrt),
    "SQUARE": _real(_square),
    "TAN": _real(math.tan),
    "TRUNC": of_numbers(_exact(math.trunc)),
    "INTADD": _integers(lambda left, right: left + right),
    "INTBITAND": _integers(lambda left, right: left & right),
    "INTBITLEFTSHIFT": _integers(_shift_left),
    "INTBITNOT": Function(_invert, arity(1)),
    "INTBITOR": _integers(lambda left, right: left | right),
    "INTBITRIGHTSHIFT": _integers(lambda left, right: left >> right),
    "INTBITXOR": _integers(lambda left, right: left ^ right),
    "INTDIV": _integers(_quotient),
    "INTMOD": _integers(lambda left, right: left - right * _quotient(left, right)),
    "INTMUL": _integers(lambda left, right: left * right),
    "INTSUB": _integers(lambda left, right: left - right),
}
