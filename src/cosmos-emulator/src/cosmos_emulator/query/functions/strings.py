"""String functions: https://learn.microsoft.com/cosmos-db/query/system-functions#string-functions.

Positions start at 0. A position counts Unicode characters.
"""

from collections.abc import Callable

import orjson

from cosmos_emulator.query import limits
from cosmos_emulator.query.functions.function import (
    MANY,
    Function,
    any_values,
    of_text,
    of_texts,
    whole,
)
from cosmos_emulator.query.functions.patterns import search
from cosmos_emulator.query.values import (
    UNDEFINED,
    Value,
    is_array,
    is_number,
    is_too_deep,
    number_text,
    serialise,
)

REPLICATED_LENGTH_MAX = 10_000  # documented for REPLICATE


def _compares(test: Callable[[str, str], bool]) -> Function:
    def compared(text: str, part: Value, ignore_case: Value = False) -> Value:  # noqa: FBT002  SQL's argument
        if not isinstance(part, str) or not isinstance(ignore_case, bool):
            return UNDEFINED
        return test(text.lower(), part.lower()) if ignore_case else test(text, part)

    return of_text(compared, 2, 3)


def _contains_many(*, decisive: bool, ignore_case: bool) -> Function:
    """Return a function that tests for any (or, if False decides, for all) of several strings."""

    def contained(text: str, *parts: Value) -> Value:
        source = text.lower() if ignore_case else text
        wanted = [p.lower() if ignore_case and isinstance(p, str) else p for p in parts]
        found = [part in source if isinstance(part, str) else UNDEFINED for part in wanted]
        if decisive in found:
            return decisive
        return UNDEFINED if UNDEFINED in found else not decisive

    def checked(text: Value, *parts: Value) -> Value:
        return contained(text, *parts) if isinstance(text, str) else UNDEFINED

    return any_values(checked, 2, MANY)


def _reverse(text: str) -> str:
    return text[::-1]


def _substring(text: str, start: Value, length: Value) -> Value:
    if not (is_number(start) and is_number(length)):
        return UNDEFINED
    first = max(_clamped(start), 0)
    return text[first : first + max(_clamped(length), 0)]


def _left(text: str, length: Value) -> Value:
    return text[: max(_clamped(length), 0)] if is_number(length) else UNDEFINED


def _right(text: str, length: Value) -> Value:
    if not is_number(length):
        return UNDEFINED
    return text[max(len(text) - max(_clamped(length), 0), 0) :]


def _clamped(number: float) -> int:
    """Return a number as an integer that is small enough for an index."""
    return int(max(min(number, 1 << 31), -(1 << 31))) if number == number else 0  # noqa: PLR0124  NaN


def _replace(text: str, old: str, new: str) -> Value:
    if not old:
        return UNDEFINED
    limits.check_length(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def _index_of(text: str, part: Value, start: Value = 0) -> Value:
    first = whole(start)
    if not isinstance(part, str) or first is None or first < 0:
        return UNDEFINED
    return text.find(part, first)


def _last_index_of(text: str, part: Value, start: Value = None) -> Value:
    last = len(text) if start is None else whole(start)
    if not isinstance(part, str) or last is None or last < 0:
        return UNDEFINED
    return text.rfind(part, 0, min(last, len(text)) + len(part))


def _concat(*parts: str) -> Value:
    limits.check_length(sum(map(len, parts)))
    return "".join(parts)


def _replicate(text: str, times: Value) -> Value:
    count = whole(times)
    if count is None or count < 0 or len(text) * count > REPLICATED_LENGTH_MAX:
        return UNDEFINED
    return text * min(count, REPLICATED_LENGTH_MAX)


def _join(parts: Value, separator: Value) -> Value:
    if not is_array(parts) or not isinstance(separator, str):
        return UNDEFINED
    if not all(isinstance(part, str) for part in parts):
        return UNDEFINED
    limits.check_length(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def _split(text: str, separator: str) -> Value:
    return text.split(separator) if separator else [text]


def _matches(text: str, pattern: str, modifiers: str = "") -> Value:
    return search(pattern, text, modifiers)


def _parses(kind: type | tuple[type, ...], *, is_number: bool = False) -> Function:
    """Return a function that parses JSON text of one type."""

    def parsed(text: str) -> Value:
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return UNDEFINED
        if not isinstance(value, kind) or (is_number and isinstance(value, bool)):
            return UNDEFINED
        if is_too_deep(value):
            return UNDEFINED
        return value

    return of_text(parsed)


def _to_string(value: Value) -> Value:
    if isinstance(value, str) or value is UNDEFINED:
        return value
    return number_text(value) if is_number(value) else serialise(value).decode()


FUNCTIONS: dict[str, Function] = {
    "CONCAT": of_texts(_concat, 2, MANY),
    "CONTAINS": _compares(str.__contains__),
    "CONTAINS_ALL_CI": _contains_many(decisive=False, ignore_case=True),
    "CONTAINS_ALL_CS": _contains_many(decisive=False, ignore_case=False),
    "CONTAINS_ANY_CI": _contains_many(decisive=True, ignore_case=True),
    "CONTAINS_ANY_CS": _contains_many(decisive=True, ignore_case=False),
    "ENDSWITH": _compares(str.endswith),
    "INDEX_OF": of_text(_index_of, 2, 3),
    "LASTINDEXOF": of_text(_last_index_of, 2, 3),
    "LEFT": of_text(_left, 2),
    "LENGTH": of_text(len),
    "LOWER": of_text(str.lower),
    "LTRIM": of_texts(str.lstrip, 1, 2),
    "REGEXMATCH": of_texts(_matches, 2, 3),
    "REPLACE": of_texts(_replace, 3),
    "REPLICATE": of_text(_replicate, 2),
    "REVERSE": of_text(_reverse),
    "RIGHT": of_text(_right, 2),
    "RTRIM": of_texts(str.rstrip, 1, 2),
    "STARTSWITH": _compares(str.startswith),
    "STRINGEQUALS": _compares(str.__eq__),
    "STRINGJOIN": any_values(_join, 2),
    "STRINGSPLIT": of_texts(_split, 2),
    "STRINGTOARRAY": _parses(list),
    "STRINGTOBOOLEAN": _parses(bool),
    "STRINGTONULL": _parses(type(None)),
    "STRINGTONUMBER": _parses((int, float), is_number=True),
    "STRINGTOOBJECT": _parses(dict),
    "SUBSTRING": of_text(_substring, 3),
    "TOSTRING": any_values(_to_string),
    "TRIM": of_texts(str.strip, 1, 2),
    "UPPER": of_text(str.upper),
}
