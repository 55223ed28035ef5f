"""Checks of JSON values are cheap and report the position of the first fault."""

import pytest

from api.domain.json_limits import POINTER_LENGTH_MAX, first_fault, pointer_to


class CountedName(str):
    """A member name that counts how often it is converted for a pointer."""

    __slots__ = ()
    uses = 0

    def __str__(self) -> str:
        type(self).uses += 1
        return super().__str__()


def test_a_pointer_is_built_only_for_the_fault():
    CountedName.uses = 0
    value = {CountedName("name"): {CountedName(n): [0, 1] for n in range(1000)}, "z": "\0"}
    fault = first_fault(value, "/events/0", 3)

    assert fault is not None
    assert fault.pointer == "/events/0/z"
    assert CountedName.uses == 0


@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        ({"a": [0, {"b/c": "x\0"}]}, "/a/1/b~1c", "nul_character"),
        ({"a": {"x\0": 1}}, "/a", "nul_character"),
        ({"a": "Great \ud83d"}, "/a", "lone_surrogate"),
        ({"a": {"\udfff": 1}}, "/a", "lone_surrogate"),
        ({"a": [2**53]}, "/a/0", "integer_too_large"),
        ({"a": float("inf")}, "/a", "number_too_large"),
    ],
)
def test_a_fault_has_a_pointer_and_a_code(value: object, pointer: str, code: str):
    fault = first_fault(value, "", 1)

    assert fault is not None
    assert (fault.pointer, fault.code) == (pointer, code)


def test_a_long_pointer_ends_at_the_last_ancestor_that_fits():
    assert pointer_to(["events", 3, "~" * 300, "x"]) == "/events/3"
    assert pointer_to(["a" * 10_000_000]) == ""
    assert len(pointer_to(["x" * 100] * 10)) <= POINTER_LENGTH_MAX
