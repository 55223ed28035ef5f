"""The values of Cosmos SQL (JSON and `undefined`), their comparison and their encoding as bytes.

`encode` preserves type and order: comparing encoded values byte by byte gives the same result as
ORDER BY (undefined < null < false < true < numbers < strings < arrays < objects). Indexed
properties are stored as encoded values, so an SQLite index has the same order as Cosmos DB.
"""

import math
import struct
from collections.abc import Iterable
from enum import Enum
from itertools import chain
from typing import Any, Final, Literal, TypeGuard

import orjson

type Json = Any
type Value = Any  # Json or UNDEFINED
type PropertyPath = tuple[str | int, ...]  # names and array positions

# https://learn.microsoft.com/azure/cosmos-db/concepts-limits#per-item-limits
LEVELS_MAX = 128  # of nested arrays and objects


class Undefined(Enum):
    """The value of a missing property. A comparison with undefined is also undefined."""

    VALUE = "undefined"


UNDEFINED: Final = Undefined.VALUE

NULL, FALSE, TRUE, NUMBER, STRING, ARRAY, OBJECT = (bytes([n]) for n in range(1, 8))
SIGN = 1 << 63


def is_number(value: Value) -> TypeGuard[float]:
    """Return whether a value is a number. Booleans are not numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_array(value: Value) -> TypeGuard[list[Json]]:
    """Return whether a value is a JSON array."""
    return isinstance(value, list)


def is_object(value: Value) -> TypeGuard[dict[str, Json]]:
    """Return whether a value is a JSON object."""
    return isinstance(value, dict)


def is_whole(value: Value) -> TypeGuard[int]:
    """Return whether a value is a JSON integer, without a fraction or an exponent."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_too_deep(value: Value) -> bool:
    """Return whether a value has more levels of arrays and objects than Cosmos DB permits."""
    level: list[Value] = [value]
    depth = 0
    while level := [found for found in level if is_array(found) or is_object(found)]:
        depth += 1
        if depth > LEVELS_MAX:
            return True
        level = list(chain.from_iterable(map(members, level)))
    return False


def members(found: Value) -> Iterable[Value]:
    """Return the values in an array or an object."""
    return found.values() if is_object(found) else found


def type_tag(value: Json) -> bytes:
    """Return the first byte of a value's encoding.

    The encodings of false and true have different first bytes.
    """
    match value:
        case None:
            return NULL
        case bool():
            return TRUE if value else FALSE
        case int() | float():
            return NUMBER
        case str():
            return STRING
        case list():
            return ARRAY
        case _:
            return OBJECT


def encode(value: Value) -> bytes | None:
    """Return the encoding of a value. It is None for undefined, which sorts first, as NULL does."""
    if type(value) is str:  # by far the most frequent type
        return STRING + value.encode()
    if value is UNDEFINED:
        return None
    tag = type_tag(value)
    if tag == NUMBER:
        return tag + _encode_number(value)
    if tag in (ARRAY, OBJECT):
        return tag + orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return tag


def decode(data: bytes | None) -> Value:
    """Return the value that an encoding represents. Whole numbers are returned as integers."""
    if data is None:
        return UNDEFINED
    tag, rest = data[:1], data[1:]
    if tag == STRING:
        return rest.decode()
    if tag == NUMBER:
        return _decode_number(rest)
    if tag in (ARRAY, OBJECT):
        return orjson.loads(rest)
    return {NULL: None, FALSE: False, TRUE: True}[tag]


def _encode_number(value: float) -> bytes:
    bits = int.from_bytes(struct.pack(">d", value + 0.0), "big")
    return (~bits & (2 * SIGN - 1) if bits & SIGN else bits | SIGN).to_bytes(8, "big")


def _decode_number(data: bytes) -> float:
    bits = int.from_bytes(data, "big")
    bits = bits ^ SIGN if bits & SIGN else ~bits & (2 * SIGN - 1)
    number: float = struct.unpack(">d", bits.to_bytes(8, "big"))[0]
    return whole_if_exact(number)


def whole_if_exact(number: float) -> float:
    """Return a whole number as an integer if doubles of its size are exact."""
    return int(number) if number.is_integer() and abs(number) <= 1 << 53 else number


def tidy(number: float) -> float:
    """Return the result of a calculation as a double, or as an integer if that is exact."""
    if isinstance(number, int):
        return number if abs(number) <= 1 << 53 else float(number)
    return whole_if_exact(number)


def serialise(value: Value) -> bytes:
    """Return a computed value as JSON. NaN and the infinities become strings.

    Microsoft's .NET SDK writes these numbers as the same strings (`JsonTextWriter`).
    """
    data = orjson.dumps(value)  # writes NaN and the infinities as null
    return orjson.dumps(_finite(value)) if b"null" in data else data


def _finite(value: Value) -> Value:
    if isinstance(value, float):
        return value if math.isfinite(value) else number_text(value)
    if is_object(value):
        return {name: _finite(member) for name, member in value.items()}
    return [_finite(element) for element in value] if is_array(value) else value


def number_text(number: float) -> str:
    """Return a number as Cosmos SQL converts it to a string."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return repr(tidy(number))


def same_type(left: Value, right: Value) -> bool:
    """Return whether two values are defined and have the same type."""
    if type(left) is type(right):
        return left is not UNDEFINED
    return is_number(left) and is_number(right)


def equals(left: Value, right: Value) -> bool | Literal[Undefined.VALUE]:
    """Evaluate `left = right`, comparing arrays and objects deeply.

    The result is undefined if the operands have different types.
    """
    if not same_type(left, right):
        return UNDEFINED
    if isinstance(left, list | dict):
        return encode(left) == encode(right)
    return bool(left == right)


def compare(left: Value, right: Value) -> int | Literal[Undefined.VALUE]:
    """Return -1, 0 or 1 for two values of the same scalar type, otherwise undefined."""
    if not same_type(left, right) or isinstance(left, list | dict):
        return UNDEFINED
    if left is None:
        return 0
    order = (left > right) - (left < right)
    return UNDEFINED if order == 0 and left != right else order  # NaN


def follow(item: Json, steps: PropertyPath) -> Value:
    """Return the value at a path inside an item."""
    if len(steps) == 1 and isinstance(steps[0], str) and is_object(item):  # the common case
        return item.get(steps[0], UNDEFINED)
    value = item
    for step in steps:
        if isinstance(step, str) and is_object(value):
            value = value.get(step, UNDEFINED)
        elif isinstance(step, int) and is_array(value) and step < len(value):
            value = value[step]
        else:
            return UNDEFINED
    return value
