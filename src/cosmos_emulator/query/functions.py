"""The built-in functions of Cosmos SQL that the emulator knows, by name.

Each takes values and returns a value. An argument of a wrong type makes the result undefined, as does
an undefined argument unless the function is about being defined.
"""

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from .values import UNDEFINED, Json, Value, equals

type Anything = Any


class Function(NamedTuple):
    implementation: Callable[..., Value]
    arity: range  # how many arguments it takes


def _text(function: Callable[..., Value], *arity: int) -> Function:
    """A function of strings and, at the end, perhaps a boolean or numbers."""

    def checked(first: Value, *rest: Value) -> Value:
        if not isinstance(first, str) or any(value is UNDEFINED for value in rest):
            return UNDEFINED
        return function(first, *rest)

    return Function(checked, range(arity[0], arity[-1] + 1))


def _number(function: Callable[..., Value]) -> Function:
    def checked(value: Value) -> Value:
        return function(value) if is_number(value) else UNDEFINED

    return Function(checked, range(1, 2))


def _test(function: Callable[[Value], bool]) -> Function:
    return Function(function, range(1, 2))


def is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compare_text(test: Callable[[str, str], bool]) -> Function:
    def compared(text: str, part: Value, ignore_case: Value = False) -> Value:  # noqa: FBT002  as in SQL
        if not isinstance(part, str):
            return UNDEFINED
        return test(text.lower(), part.lower()) if ignore_case is True else test(text, part)

    return _text(compared, 2, 3)


def _substring(text: str, start: Value, length: Value) -> Value:
    if not (is_number(start) and is_number(length)):
        return UNDEFINED
    first = max(int(start), 0)
    return text[first : first + max(int(length), 0)]


def _edge(text: str, length: Value, *, left: bool) -> Value:
    if not is_number(length):
        return UNDEFINED
    count = max(int(length), 0)
    return text[:count] if left else text[max(len(text) - count, 0) :]


def _replace(text: str, old: Value, new: Value) -> Value:
    return text.replace(old, new) if isinstance(old, str) and isinstance(new, str) else UNDEFINED


def _index_of(text: str, part: Value) -> Value:
    return text.find(part) if isinstance(part, str) else UNDEFINED


def _concat(*parts: Value) -> Value:
    return "".join(parts) if all(isinstance(part, str) for part in parts) else UNDEFINED


def _array_contains(array: Value, wanted: Value, partial: Value = False) -> Value:  # noqa: FBT002  as in SQL
    if not isinstance(array, list) or wanted is UNDEFINED:
        return UNDEFINED
    items: list[Json] = array
    if partial is True and isinstance(wanted, dict):
        return any(_has_members(item, wanted) for item in items)
    return any(equals(item, wanted) is True for item in items)


def _has_members(item: Json, wanted: dict[str, Json]) -> bool:
    return isinstance(item, dict) and all(
        equals(item.get(name, UNDEFINED), value) is True for name, value in wanted.items()
    )


def _array_length(array: Value) -> Value:
    return len(array) if isinstance(array, list) else UNDEFINED


def _matches(text: str, pattern: Value, modifiers: Value = "") -> Value:
    if not isinstance(pattern, str) or not isinstance(modifiers, str):
        return UNDEFINED
    flags = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
    try:
        return bool(re.search(pattern, text, sum(flags.get(letter, 0) for letter in modifiers)))
    except re.error:
        return UNDEFINED


def _to_string(value: Value) -> Value:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case _:
            return UNDEFINED


def _power(base: Value, exponent: Value) -> Value:
    return base**exponent if is_number(base) and is_number(exponent) else UNDEFINED


FUNCTIONS: dict[str, Function] = {
    "STARTSWITH": _compare_text(str.startswith),
    "ENDSWITH": _compare_text(str.endswith),
    "CONTAINS": _compare_text(str.__contains__),
    "STRINGEQUALS": _compare_text(str.__eq__),
    "REGEXMATCH": _text(_matches, 2, 3),
    "LOWER": _text(str.lower, 1),
    "UPPER": _text(str.upper, 1),
    "TRIM": _text(str.strip, 1),
    "LTRIM": _text(str.lstrip, 1),
    "RTRIM": _text(str.rstrip, 1),
    "LENGTH": _text(len, 1),
    "REVERSE": _text(lambda text: text[::-1], 1),
    "SUBSTRING": _text(_substring, 3),
    "LEFT": _text(lambda text, length: _edge(text, length, left=True), 2),
    "RIGHT": _text(lambda text, length: _edge(text, length, left=False), 2),
    "REPLACE": _text(_replace, 3),
    "INDEX_OF": _text(_index_of, 2),
    "CONCAT": Function(_concat, range(2, 100)),
    "TOSTRING": Function(_to_string, range(1, 2)),
    "ARRAY_CONTAINS": Function(_array_contains, range(2, 4)),
    "ARRAY_LENGTH": Function(_array_length, range(1, 2)),
    "ABS": _number(abs),
    "FLOOR": _number(math.floor),
    "CEILING": _number(math.ceil),
    "ROUND": _number(lambda value: math.floor(value + 0.5)),
    "SQRT": _number(lambda value: math.sqrt(value) if value >= 0 else UNDEFINED),
    "POWER": Function(_power, range(2, 3)),
    "IS_DEFINED": _test(lambda value: value is not UNDEFINED),
    "IS_NULL": _test(lambda value: value is None),
    "IS_BOOL": _test(lambda value: isinstance(value, bool)),
    "IS_NUMBER": _test(is_number),
    "IS_STRING": _test(lambda value: isinstance(value, str)),
    "IS_ARRAY": _test(lambda value: isinstance(value, list)),
    "IS_OBJECT": _test(lambda value: isinstance(value, dict)),
    "IS_PRIMITIVE": _test(
        lambda value: value is None or isinstance(value, bool | int | float | str)
    ),
}

AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG"})
