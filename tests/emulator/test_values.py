"""Encoded values sort as ORDER BY does in Cosmos DB. Decoding returns the original values."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmos_emulator.query.values import UNDEFINED, compare, decode, encode, equals

NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
IN_ORDER = [None, False, True, -1e300, -1, 0, 0.5, 2, "", "A", "a", "é", [1], {"a": 1}]


@given(SCALARS)
def test_decoding_returns_the_encoded_value(value: Any) -> None:
    assert decode(encode(value)) == value


@given(NUMBERS, NUMBERS)
def test_numbers_sort_as_numbers(left: float, right: float) -> None:
    left_bytes, right_bytes = encode(left), encode(right)
    assert left_bytes is not None
    assert right_bytes is not None

    assert (left_bytes < right_bytes) is (float(left) < float(right))


@given(TEXTS, TEXTS)
def test_strings_sort_by_code_point(left: str, right: str) -> None:
    assert ((encode(left) or b"") < (encode(right) or b"")) is (left < right)


def test_types_sort_in_the_documented_order() -> None:
    encodings = [encode(value) or b"" for value in IN_ORDER]

    assert encodings == sorted(encodings)


def test_undefined_is_encoded_as_null() -> None:
    assert encode(UNDEFINED) is None
    assert decode(None) is UNDEFINED


@pytest.mark.parametrize(
    ("left", "right"), [(1, "1"), (1, True), (0, False), (None, 0), (UNDEFINED, UNDEFINED)]
)
def test_values_of_different_types_are_not_comparable(left: Any, right: Any) -> None:
    assert equals(left, right) is UNDEFINED
    assert compare(left, right) is UNDEFINED


def test_arrays_and_objects_have_equality_but_no_order() -> None:
    assert equals({"a": 1, "b": [2]}, {"b": [2], "a": 1}) is True
    assert equals([1], [2]) is False
    assert compare([1], [2]) is UNDEFINED
