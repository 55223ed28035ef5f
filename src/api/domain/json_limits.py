"""What JSON may hold beyond being JSON, so that every store keeps it as it was sent."""

from collections.abc import Iterable
from math import isinf
from typing import Any, cast

from api.domain.events import INTEGER_MAX, JSON_DEPTH_MAX
from api.errors import FieldError

_AMBIGUOUS = 2.0**64  # parsers turn longer integers into floats


def is_plain(value: Any, depth: int) -> bool:  # noqa: ANN401 - any JSON value
    """True if there can be no fault in the value; quick, as nearly every event is plain."""
    kind = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is str:
        return "\0" not in value
    if kind is dict:
        return "\0" not in "".join(value) and _all_plain(value.values(), depth)
    if kind is list:
        return _all_plain(value, depth)
    if kind is int:
        return -INTEGER_MAX <= value <= INTEGER_MAX
    return kind is not float or -_AMBIGUOUS < value < _AMBIGUOUS


def _all_plain(members: Iterable[Any], depth: int) -> bool:
    if depth > JSON_DEPTH_MAX:
        return False
    for member in members:  # noqa: SIM110 - `all()` over a generator takes twice as long
        if not is_plain(member, depth + 1):
            return False
    return True


def first_fault(value: object, pointer: str, depth: int) -> FieldError | None:
    """The first thing in the value that can't be stored, if any. `depth` is the value's own.

    An integer that is too large must stand in the value as an infinity.
    """
    if isinstance(value, str):
        return _nul(pointer) if "\0" in value else None
    if isinstance(value, dict | list):
        if depth > JSON_DEPTH_MAX:
            return FieldError(pointer, "too_deep", f"is nested deeper than {JSON_DEPTH_MAX} levels")
        container = cast("dict[str, object] | list[object]", value)
        return _first_inside(container, pointer, depth + 1)
    if isinstance(value, float) and isinf(value):
        return FieldError(
            pointer, "integer_too_large", f"is beyond ±{INTEGER_MAX}: send it as a string"
        )
    return None


def _first_inside(
    value: dict[str, object] | list[object], pointer: str, depth: int
) -> FieldError | None:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in members:
        if isinstance(name, str) and "\0" in name:
            return _nul(pointer)
        if fault := first_fault(member, f"{pointer}/{escape(str(name))}", depth):
            return fault
    return None


def escape(name: str) -> str:
    """A member's name as a part of a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _nul(pointer: str) -> FieldError:
    return FieldError(pointer, "nul_character", "holds a NUL character, which can't be stored")
