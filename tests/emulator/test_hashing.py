"""Effective partition keys equal those that the SDK computes, and therefore the service's."""

from typing import Any

import pytest
from azure.cosmos.partition_key import PartitionKey
from hypothesis import given
from hypothesis import strategies as st

from cosmos_emulator import hash_v1
from cosmos_emulator.partitions import PartitionKeyDefinition, equal_partitions, murmur3

COMPONENTS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)  # no -0.0
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
)


def definition(levels: int) -> PartitionKeyDefinition:
    paths = tuple((name,) for name in "abc"[:levels])
    return PartitionKeyDefinition(paths, hierarchical=levels > 1)


@given(COMPONENTS)
def test_plain_keys_have_the_same_hash_as_in_the_sdk(component: Any) -> None:
    expected = PartitionKey("/a")._get_effective_partition_key_string([component])

    assert definition(1).key((component,)).effective.hex().upper() == expected


@given(
    st.booleans()
    | st.integers(0, 2**32 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.5)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
)
def test_keys_of_version_1_have_the_same_hash_as_in_the_sdk(component: Any) -> None:
    expected = PartitionKey("/a", version=1)._get_effective_partition_key_string([component])
    own = PartitionKeyDefinition((("a",),), hierarchical=False, version=1)

    assert own.key((component,)).effective.hex() == str(expected).lower()


def test_a_boundary_of_version_1_equals_that_of_the_service() -> None:
    assert hash_v1.boundary(1_717_986_918).hex().upper() == "05C1D9CD673398"
    assert hash_v1.hash_of(bytes.fromhex("05C1D9CD673398")) == 1_717_986_918


@pytest.mark.parametrize(
    ("version", "count", "boundaries"),
    [
        (2, 2, ["1" + 31 * "F"]),
        (2, 5, ["0" + 31 * "C", "1" + 30 * "9" + "8", "2" + 30 * "6" + "4", 31 * "3" + "0"]),
        (1, 2, ["05C1DFFFFFFFFC"]),
    ],
)
def test_boundaries_of_equal_partitions_equal_those_of_the_service(
    version: int, count: int, boundaries: list[str]
) -> None:
    own = PartitionKeyDefinition((("a",),), hierarchical=False, version=version)

    assert [partition.low for partition in equal_partitions(own, count)] == ["", *boundaries]


@given(st.lists(COMPONENTS, min_size=3, max_size=3))
def test_hierarchical_keys_have_the_same_hash_as_in_the_sdk(components: list[Any]) -> None:
    key = PartitionKey(["/a", "/b", "/c"], kind="MultiHash")
    expected = key._get_effective_partition_key_string(components)

    assert definition(3).key(tuple(components)).effective.hex().upper() == expected


@given(st.lists(COMPONENTS, min_size=1, max_size=2))
def test_every_key_begins_with_its_prefix(components: list[Any]) -> None:
    key = PartitionKey(["/a", "/b", "/c"], kind="MultiHash")
    expected = key._get_epk_range_for_prefix_partition_key(components)
    prefix = definition(3).key(tuple(components)).effective.hex().upper()

    assert (prefix, prefix + "FF") == (expected.min, expected.max)


@pytest.mark.parametrize("spellings", [(1, 1.0), (0, 0.0, -0.0), (2**60, float(2**60))])
def test_all_notations_of_a_number_are_the_same_key(spellings: tuple[float, ...]) -> None:
    assert len({definition(1).key((spelling,)) for spelling in spellings}) == 1


def test_murmur3_of_empty_data_is_zero() -> None:
    assert murmur3(b"") == bytes(16)


@given(st.integers(1, 40), st.integers(1, 2))
def test_physical_partitions_cover_the_key_space_without_gaps(count: int, version: int) -> None:
    partitions = equal_partitions(
        PartitionKeyDefinition((("a",),), hierarchical=False, version=version), count
    )

    assert (partitions[0].low, partitions[-1].high) == ("", "FF")
    assert [p.high for p in partitions[:-1]] == [p.low for p in partitions[1:]]
