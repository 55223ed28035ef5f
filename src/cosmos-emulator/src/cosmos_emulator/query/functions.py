"""The built-in functions of Cosmos SQL that the emulator supports, by name.

Each function takes values and returns a value. A function returns undefined if an argument is
undefined or has the wrong type, unless the function tests whether a value is defined.
"""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from cosmos_emulator.query.values import (
    UNDEFINED,
    Json,
    Value,
    equals,
    is_array,
    is_number,
    is_object,
)


class Function(NamedTuple):
    implementation: Callable[..., Value]
    arity: range  # the valid numbers of arguments


def _of_text(function: Callable[..., Value], *arity: int) -> Function:
    """Return a function whose result is undefined unless its first argument is a string."""

    def checked(first: Value, *rest: Value) -> Value:
        if not isinstance(first, str) or any(value is UNDEFINED for value in rest):
            return UNDEFINED
        return function(first, *rest)

    return Function(checked, range(arity[0], arity[-1] + 1))


def _of_number(function: Callable[[float], float]) -> Function:
    def checked(value: Value) -> Value:
        try:
            return function(value) if is_number(value) else UNDEFINED
        except (ValueError, OverflowError):
            return UNDEFINED

    return Function(checked, range(1, 2))


def _is(test: Callable[[Value], bool]) -> Function:
    return Function(test, range(1, 2))


def _compares_text(test: Callable[[str, str], bool]) -> Function:
    def compared(text: str, part: Value, *ignore_case: Value) -> Value:
        if not isinstance(part, str):
            return UNDEFINED
        return test(text.lower(), part.lower()) if ignore_case == (True,) else test(text, part)

    return _of_text(compared, 2, 3)


def _reverse(text: str) -> str:
    return text[::-1]


def _substring(text: str, start: Value, length: Value) -> Value:
    if not (is_number(start) and is_number(length)):
        return UNDEFINED
    first = max(int(start), 0)
    return text[first : first + max(int(length), 0)]


def _left(text: str, length: Value) -> Value:
    return text[: max(int(length), 0)] if is_number(length) else UNDEFINED


def _right(text: str, length: Value) -> Value:
    return text[max(len(text) - max(int(length), 0), 0) :] if is_number(length) else UNDEFINED


def _replace(text: str, old: Value, new: Value) -> Value:
    return text.replace(old, new) if isinstance(old, str) and isinstance(new, str) else UNDEFINED


def _index_of(text: str, part: Value) -> Value:
    return text.find(part) if isinstance(part, str) else UNDEFINED


def _concat(*parts: Value) -> Value:
    return "".join(parts) if all(isinstance(part, str) for part in parts) else UNDEFINED


def _matches(text: str, pattern: Value, modifiers: Value = "") -> Value:
    if not isinstance(pattern, str) or not isinstance(modifiers, str):
        return UNDEFINED
    flags = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
    try:
        return bool(re.search(pattern, text, sum(flags.get(letter, 0) for letter in modifiers)))
    except re.error:
        return UNDEFINED


def _to_string(value: Value) -> Value:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    return repr(value) if is_number(value) else UNDEFINED


def _array_contains(array: Value, element: Value, *partial: Value) -> Value:
    if not is_array(array) or element is UNDEFINED:
        return UNDEFINED
    if partial == (True,) and is_object(element):
        return any(_has_members(item, element) for item in array)
    return any(equals(item, element) is True for item in array)


def _has_members(item: Json, members: dict[str, Json]) -> bool:
    return is_object(item) and all(
        equals(item.get(name, UNDEFINED), value) is True for name, value in members.items()
    )


def _array_length(array: Value) -> Value:
    return len(array) if is_array(array) else UNDEFINED


def _round(value: float) -> float:
    return math.copysign(math.floor(abs(value) + 0.5), value)  # halves are rounded away from zero


def _power(base: Value, exponent: Value) -> Value:
    if not (is_number(base) and is_number(exponent)):
        return UNDEFINED
    try:
        return math.pow(base, exponent)
    except (ValueError, OverflowError):
        return UNDEFINED


def _is_primitive(value: Value) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


FUNCTIONS: dict[str, Function] = {
    "STARTSWITH": _compares_text(str.startswith),
    "ENDSWITH": _compares_text(str.endswith),
    "CONTAINS": _compares_text(str.__contains__),
    "STRINGEQUALS": _compares_text(str.__eq__),
    "REGEXMATCH": _of_text(_matches, 2, 3),
    "LOWER": _of_text(str.lower, 1),
    "UPPER": _of_text(str.upper, 1),
    "TRIM": _of_text(str.strip, 1),
    "LTRIM": _of_text(str.lstrip, 1),
    "RTRIM": _of_text(str.rstrip, 1),
    "LENGTH": _of_text(len, 1),
    "REVERSE": _of_text(_reverse, 1),
    "SUBSTRING": _of_text(_substring, 3),
    "LEFT": _of_text(_left, 2),
    "RIGHT": _of_text(_right, 2),
    "REPLACE": _of_text(_replace, 3),
    "INDEX_OF": _of_text(_index_of, 2),
    "CONCAT": Function(_concat, range(2, 100)),
    "TOSTRING": Function(_to_string, range(1, 2)),
    "ARRAY_CONTAINS": Function(_array_contains, range(2, 4)),
    "ARRAY_LENGTH": Function(_array_length, range(1, 2)),
    "ABS": _of_number(abs),
    "FLOOR": _of_number(math.floor),
    "CEILING": _of_number(math.ceil),
    "ROUND": _of_number(_round),
    "SQRT": _of_number(math.sqrt),
    "POWER": Function(_power, range(2, 3)),
    "IS_DEFINED": _is(lambda value: value is not UNDEFINED),
    "IS_NULL": _is(lambda value: value is None),
    "IS_BOOL": _is(lambda value: isinstance(value, bool)),
    "IS_NUMBER": _is(is_number),
    "IS_STRING": _is(lambda value: isinstance(value, str)),
    "IS_ARRAY": _is(is_array),
    "IS_OBJECT": _is(is_object),
    "IS_PRIMITIVE": _is(_is_primitive),
}

AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG"})
