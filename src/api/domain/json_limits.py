"""Limits on JSON values, so that every store keeps a value exactly as it was sent."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from json import JSONDecoder
from math import isinf
from typing import Any, cast

from api.domain.events import INTEGER_MAX, JSON_DEPTH_MAX
from api.errors import FieldError

POINTER_LENGTH_MAX = 512
_AMBIGUOUS = 2.0**64  # parsers turn larger integers into floats
_ESCAPED_LETTER = re.compile(rb"\\u00[567]")
_SPACES = re.compile(r"[ \t\n\r]*")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault in a JSON value. `path` contains the names on the path to it, innermost first."""

    code: str
    detail: str
    path: list[int | str]


def is_plain(value: Any, depth: int) -> bool:  # noqa: ANN401 - any JSON value
    """Return True if the value certainly has no faults.

    This check is faster than `first_fault` and is sufficient for most events.
    """
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


def first_fault(value: object, root: str, depth: int) -> FieldError | None:
    """Return the first fault that prevents storing the value, if any.

    `root` is the JSON Pointer to the value, and `depth` is its depth in the document. Only the
    pointer to the fault is built, because building a pointer for every field would be slow.
    """
    fault = _find(value, depth)
    if fault is None:
        return None
    return FieldError(root + pointer_to(fault.path[::-1]), fault.code, fault.detail)


def _find(value: object, depth: int) -> _Fault | None:
    if isinstance(value, str):
        return _text_fault(value)
    if isinstance(value, dict | list):
        if depth > JSON_DEPTH_MAX:
            return _Fault("too_deep", f"is nested deeper than {JSON_DEPTH_MAX} levels", [])
        return _find_inside(cast("dict[str, object] | list[object]", value), depth + 1)
    if isinstance(value, float):
        return _Fault("number_too_large", "is too large for a number", []) if isinf(value) else None
    if isinstance(value, int) and not -INTEGER_MAX <= value <= INTEGER_MAX:
        detail = f"is beyond ±{INTEGER_MAX}: send it as a string"
        return _Fault("integer_too_large", detail, [])
    return None


def _find_inside(value: dict[str, object] | list[object], depth: int) -> _Fault | None:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, member in members:
        if isinstance(name, str) and (fault := _text_fault(name)):
            return fault
        if fault := _find(member, depth):
            fault.path.append(name)
            return fault
    return None


def _text_fault(text: str) -> _Fault | None:
    if "\0" in text:
        return _Fault("nul_character", "contains a NUL character, which can't be stored", [])
    if _LONE_SURROGATE.search(text):
        detail = "contains half of a surrogate pair: shorten text only between whole characters"
        return _Fault("lone_surrogate", detail, [])
    return None


def repeated_member(body: bytes, names: Collection[str]) -> str | None:
    """Return the first of these names that occurs twice in the outermost object, or None.

    The body must be valid JSON. The body is parsed again only if a name occurs more than once in
    its text.
    """
    is_escaped = b"\\u00" in body and _ESCAPED_LETTER.search(body)
    suspects = {name for name in names if is_escaped or body.count(f'"{name}"'.encode()) > 1}
    if suspects:
        seen = set[str]()
        for name in _member_names(body.decode()):
            if name in seen:
                return name
            seen |= {name} & suspects
    return None


def _member_names(text: str) -> Iterator[str]:
    """Yield the field names of the outermost object in order, including repeated names."""
    read = JSONDecoder(parse_int=str).raw_decode
    position = _after_spaces(text, 0)
    if text[position] != "{":
        return
    while text[position] != "}":
        position = _after_spaces(text, position + 1)
        if text[position] != "}":
            name, position = read(text, position)
            yield name
            position = _after_spaces(text, position) + 1  # the colon
            _, position = read(text, _after_spaces(text, position))
            position = _after_spaces(text, position)


def _after_spaces(text: str, position: int) -> int:
    match = _SPACES.match(text, position)
    return match.end() if match else position


def pointer_to(path: Sequence[int | str]) -> str:
    """Return the JSON Pointer (RFC 6901) of this path.

    If the pointer would exceed POINTER_LENGTH_MAX, return the pointer to the last ancestor that
    fits, so that an error is never much longer than the value it describes.
    """
    pointer = ""
    for part in path:
        name = str(part)[: POINTER_LENGTH_MAX + 1]
        longer = f"{pointer}/{escape(name)}"
        if len(longer) > POINTER_LENGTH_MAX:
            break
        pointer = longer
    return pointer


def escape(name: str) -> str:
    """Return the name of a field as it is written in a JSON Pointer."""
    return name.replace("~", "~0").replace("/", "~1")
