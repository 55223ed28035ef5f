"""The type of a built-in function, and wrappers that check the types of arguments.

Each function takes values and returns a value. A function returns undefined if an argument is
undefined or has the wrong type, unless the function tests types.
"""

from collections.abc import Callable
from typing import NamedTuple

from cosmos_emulator.query.values import UNDEFINED, Value, is_array, is_number, tidy

MANY = 1_000  # a limit for functions with any number of arguments


class Function(NamedTuple):
    implementation: Callable[..., Value]
    arity: range  # the valid numbers of arguments
    context: str = ""  # a parameter of the request that the implementation receives first


def arity(least: int, most: int | None = None) -> range:
    """Return the numbers of arguments from the least to the most."""
    return range(least, (least if most is None else most) + 1)


def any_values(function: Callable[..., Value], least: int = 1, most: int | None = None) -> Function:
    """Return a function that receives all values, also undefined."""
    return Function(function, arity(least, most))


def any_value(function: Callable[[Value], Value]) -> Function:
    """Return a function that receives one value, also undefined."""
    return Function(function, arity(1))


def of_text(function: Callable[..., Value], least: int = 1, most: int | None = None) -> Function:
    """Return a function of a string and of other values, which must be defined."""

    def checked(first: Value, *rest: Value) -> Value:
        if not isinstance(first, str) or any(value is UNDEFINED for value in rest):
            return UNDEFINED
        return function(first, *rest)

    return Function(checked, arity(least, most))


def of_texts(function: Callable[..., Value], least: int = 1, most: int | None = None) -> Function:
    """Return a function whose arguments must all be strings."""

    def checked(*values: Value) -> Value:
        return function(*values) if all(isinstance(v, str) for v in values) else UNDEFINED

    return Function(checked, arity(least, most))


def of_numbers(function: Callable[..., float], least: int = 1, most: int | None = None) -> Function:
    """Return a function whose arguments must all be numbers, and whose result is a number."""

    def checked(*values: Value) -> Value:
        return tidy(function(*values)) if all(is_number(v) for v in values) else UNDEFINED

    return Function(checked, arity(least, most))


def of_array(function: Callable[..., Value], least: int = 1, most: int | None = None) -> Function:
    """Return a function of an array and of other values of any type."""

    def checked(first: Value, *rest: Value) -> Value:
        return function(first, *rest) if is_array(first) else UNDEFINED

    return Function(checked, arity(least, most))


def whole(value: Value) -> int | None:
    """Return a number without a fraction as an integer, or None for any other value."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
