"""The shape of a container's definition: the types and the values of its known properties.

A shape is a `Value`, a `Record` of named shapes, or a list that contains the shape of its elements.
A definition may contain unknown properties.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cosmos_emulator.errors import bad_request
from cosmos_emulator.partitions import steps_of
from cosmos_emulator.query.values import Json, is_array, is_object, is_whole

DIMENSIONS_MAX = 4_096


class Value(NamedTuple):
    """A test of a value, and a description of the values that pass it."""

    expected: str
    is_valid: Callable[[Json], bool]


class Record(NamedTuple):
    """An object with these properties. A property that isn't required may be null or missing."""

    properties: Mapping[str, Any]  # their shapes
    required: tuple[str, ...] = ()


def check_shape(value: Json, shape: Any = None, place: str = "") -> None:  # noqa: ANN401  any shape
    """Raise 400 if a definition, or the part of it at a place, doesn't have its shape."""
    shape = DEFINITION if shape is None else shape
    if isinstance(shape, Value):
        _expect(shape.is_valid(value), place, shape.expected)
    elif isinstance(shape, Record):
        _expect(is_object(value), place, "an object")
        for name, inner in shape.properties.items():
            if name in shape.required or value.get(name) is not None:
                check_shape(value.get(name), inner, f"{place}.{name}" if place else name)
    else:
        _expect(is_array(value), place, "a list")
        for number, element in enumerate(value):
            check_shape(element, shape[0], f"{place}[{number}]")


def _expect(is_valid: bool, place: str, expected: str) -> None:  # noqa: FBT001
    if not is_valid:
        named = f"The property '{place}'" if place else "The definition"
        raise bad_request(f"{named} is invalid: it must be {expected}.")


def _one_of(*names: str) -> Value:
    known = {name.lower() for name in names}

    def is_known(value: Json) -> bool:
        return isinstance(value, str) and value.lower() in known

    return Value("one of " + ", ".join(names), is_known)


def _whole(least: int, most: int) -> Value:
    def is_within(value: Json) -> bool:
        return is_whole(value) and least <= value <= most

    return Value(f"a whole number from {least:,} to {most:,}", is_within)


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_flag(value: Json) -> bool:
    return isinstance(value, bool)


def _is_path(value: Json) -> bool:
    return isinstance(value, str) and value.startswith("/")


def _is_property(value: Json) -> bool:
    return isinstance(value, str) and value.startswith("/") and any(steps_of(value))


TEXT = Value("a string", _is_text)
FLAG = Value("true or false", _is_flag)
INDEX_PATH = Value("a path that begins with '/'", _is_path)
PROPERTY = Value("the path of a property, such as '/name'", _is_property)


def _by_path(path: Value, **properties: Any) -> list[Record]:  # noqa: ANN401  any shapes
    return [Record({"path": path, **properties}, ("path",))]


INDEXING = Record({
    "indexingMode": _one_of("consistent", "none", "lazy"),
    "automatic": FLAG,
    "includedPaths": _by_path(INDEX_PATH),
    "excludedPaths": _by_path(INDEX_PATH),
    "compositeIndexes": [_by_path(INDEX_PATH, order=_one_of("ascending", "descending"))],
    "spatialIndexes": _by_path(INDEX_PATH, types=[TEXT]),
    "vectorIndexes": _by_path(INDEX_PATH, type=_one_of("flat", "quantizedFlat", "diskANN")),
    "fullTextIndexes": _by_path(INDEX_PATH),
})  # fmt: skip
VECTORS = _by_path(
    PROPERTY,
    dataType=_one_of("float32", "float16", "int8", "uint8"),
    dimensions=_whole(1, DIMENSIONS_MAX),
    distanceFunction=_one_of("cosine", "dotproduct", "euclidean"),
)
CONFLICTS = Record({
    "mode": _one_of("LastWriterWins", "Custom"),
    "conflictResolutionPath": TEXT,
    "conflictResolutionProcedure": TEXT,
})  # fmt: skip
DEFINITION = Record({
    "partitionKey": Record({"paths": [PROPERTY], "kind": TEXT, "version": _whole(1, 2)}),
    "indexingPolicy": INDEXING,
    "uniqueKeyPolicy": Record({"uniqueKeys": [Record({"paths": [PROPERTY]}, ("paths",))]}),
    "changeFeedPolicy": Record({"retentionDuration": _whole(0, (1 << 31) - 1)}),
    "vectorEmbeddingPolicy": Record({"vectorEmbeddings": VECTORS}),
    "conflictResolutionPolicy": CONFLICTS,
    "fullTextPolicy": Record({"defaultLanguage": TEXT, "fullTextPaths": _by_path(PROPERTY)}),
})  # fmt: skip
