"""Array functions: https://learn.microsoft.com/cosmos-db/query/system-functions#array-functions."""

import math
from collections.abc import Callable

from cosmos_emulator.query import limits
from cosmos_emulator.query.functions.function import MANY, Function, any_values, of_array, whole
from cosmos_emulator.query.values import (
    UNDEFINED,
    Json,
    Value,
    encode,
    equals,
    is_array,
    is_number,
    is_object,
    tidy,
)


def _concat(*arrays: Value) -> Value:
    if not all(map(is_array, arrays)):
        return UNDEFINED
    result = [element for array in arrays for element in array]
    if len(result) > limits.NODES_MAX:
        raise limits.exceeded("values in a computed value", limits.NODES_MAX)
    return result


def _contains(array: list[Json], element: Value, partial: Value = False) -> Value:  # noqa: FBT002  SQL's argument
    if element is UNDEFINED:
        return UNDEFINED
    if partial is True and is_object(element):
        return any(_has_members(item, element) for item in array)
    return any(equals(item, element) is True for item in array)


def _has_members(item: Json, members: dict[str, Json]) -> bool:
    return is_object(item) and all(
        equals(item.get(name, UNDEFINED), value) is True for name, value in members.items()
    )


def _contains_many(*, decisive: bool) -> Function:
    """Return a function that looks for any (or, if False decides, for all) of several values."""

    def contained(array: list[Json], *elements: Value) -> Value:
        found = [_contains(array, element) for element in elements]
        if decisive in found:
            return decisive
        return UNDEFINED if UNDEFINED in found else not decisive

    return of_array(contained, 2, MANY)


def _slice(array: list[Json], start: Value, length: Value = None) -> Value:
    first = whole(start)
    size = len(array) if length is None else whole(length)
    if first is None or size is None:
        return UNDEFINED
    first = max(first + len(array), 0) if first < 0 else first
    return array[first : first + size] if size > 0 else []


def _numbers(function: Callable[[list[float]], float]) -> Function:
    """Return a function of an array that contains only numbers."""

    def computed(array: list[Json]) -> Value:
        if not all(map(is_number, array)):
            return UNDEFINED
        try:
            return tidy(function(array))
        except (ZeroDivisionError, OverflowError, ValueError):
            return UNDEFINED

    return of_array(computed)


def _median(numbers: list[float]) -> float:
    if not numbers:
        raise ValueError(numbers)
    ordered, middle = sorted(numbers), len(numbers) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def _extreme(choose: Callable[..., Value]) -> Function:
    """Return a function that finds the smallest or largest primitive value in an array."""

    def found(array: list[Json]) -> Value:
        if not array or any(isinstance(element, list | dict) for element in array):
            return UNDEFINED
        return choose(array, key=encode)

    return of_array(found)


def _choose(position: Value, *values: Value) -> Value:
    index = whole(position)
    return values[index - 1] if index is not None and 1 <= index <= len(values) else UNDEFINED


def _object_to_array(found: Value, key: Value = "k", value: Value = "v") -> Value:
    if not is_object(found) or not isinstance(key, str) or not isinstance(value, str):
        return UNDEFINED
    return [{key: name, value: member} for name, member in found.items()]


def _unique(elements: list[Json]) -> dict[bytes | None, Json]:
    """Return the distinct elements in their order, by their encoding."""
    unique = dict[bytes | None, Json]()
    for element in elements:
        unique.setdefault(encode(element), element)
    return unique


def _sets(combine: Callable[..., Value]) -> Function:
    def combined(left: list[Json], right: Value) -> Value:
        return combine(_unique(left), _unique(right)) if is_array(right) else UNDEFINED

    return of_array(combined, 2)


type Set = dict[bytes | None, Json]


def _intersection(left: Set, right: Set) -> Value:
    return [element for key, element in left.items() if key in right]


def _union(left: Set, right: Set) -> Value:
    return list({**left, **right}.values())


def _difference(left: Set, right: Set) -> Value:
    return [element for key, element in left.items() if key not in right]


def _same(left: Set, right: Set) -> Value:
    return left.keys() == right.keys()


FUNCTIONS: dict[str, Function] = {
    "ARRAY_AVG": _numbers(lambda numbers: math.fsum(numbers) / len(numbers)),
    "ARRAY_CONCAT": any_values(_concat, 2, MANY),
    "ARRAY_CONTAINS": of_array(_contains, 2, 3),
    "ARRAY_CONTAINS_ALL": _contains_many(decisive=False),
    "ARRAY_CONTAINS_ANY": _contains_many(decisive=True),
    "ARRAY_LENGTH": of_array(len),
    "ARRAY_MAX": _extreme(max),
    "ARRAY_MEDIAN": _numbers(_median),
    "ARRAY_MIN": _extreme(min),
    "ARRAY_SLICE": of_array(_slice, 2, 3),
    "ARRAY_SUM": _numbers(sum),
    "CHOOSE": any_values(_choose, 2, MANY),
    "OBJECTTOARRAY": any_values(_object_to_array, 1, 3),
    "SETDIFFERENCE": _sets(_difference),
    "SETEQUAL": _sets(_same),
    "SETINTERSECT": _sets(_intersection),
    "SETUNION": _sets(_union),
}
