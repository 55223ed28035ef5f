"""The limits on JSON are applied like those of a slow and simple reference."""

import json
from collections import Counter
from collections.abc import Iterator

from hypothesis import example, given
from hypothesis import strategies as st

from api.domain.events import INTEGER_MAX, JSON_DEPTH_MAX
from api.domain.json_limits import first_fault, is_plain, pointer_to, repeated_member
from api.errors import ApiError
from api.routers.event_payloads import parse_events
from tests.fuzz.amount import FUZZ

TEXT = st.text(st.sampled_from("ab/~\0\ud83d\udfff😀é"), max_size=4)
NUMBERS = (
    st.integers(-(2**70), 2**70)
    | st.sampled_from([INTEGER_MAX, INTEGER_MAX + 1, -INTEGER_MAX, -INTEGER_MAX - 1])
    | st.floats(allow_nan=False)
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=20,
)
LEVELS = st.integers(0, JSON_DEPTH_MAX + 3)


def faults(value: object, path: tuple[str | int, ...], depth: int) -> Iterator[tuple[str, str]]:
    """Yield the pointer and the code of every fault in a value."""
    match value:
        case dict() | list() if depth > JSON_DEPTH_MAX:
            yield pointer_to(path), "too_deep"
        case dict():
            for name, member in value.items():
                yield from ((pointer_to(path), code) for code in text_faults(name))
                yield from faults(member, (*path, name), depth + 1)
        case list():
            for index, member in enumerate(value):
                yield from faults(member, (*path, index), depth + 1)
        case _:
            yield from ((pointer_to(path), code) for code in leaf_faults(value))


def leaf_faults(value: object) -> Iterator[str]:
    match value:
        case str():
            yield from text_faults(value)
        case int() if abs(value) > INTEGER_MAX:
            yield "integer_too_large"
        case float() if abs(value) == float("inf"):
            yield "number_too_large"


def text_faults(text: str) -> Iterator[str]:
    if "\0" in text:
        yield "nul_character"
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        yield "lone_surrogate"


@FUZZ
@given(VALUES, LEVELS, st.sampled_from([0, 1, 3]))
@example("\0", 0, 0)
@example([[]], JSON_DEPTH_MAX - 1, 1)
def test_the_reference_also_finds_the_first_fault(value: object, levels: int, depth: int):
    for _ in range(levels):
        value = [value]
    expected = set(faults(value, (), depth))
    found = first_fault(value, "", depth)

    assert (found is None) == (not expected)
    assert found is None or (found.pointer, found.code) in expected


@FUZZ
@given(VALUES, LEVELS)
def test_plain_values_have_no_faults(value: object, levels: int):
    for _ in range(levels):
        value = [value]
    codes = {code for _, code in faults(value, (), 1)} - {"lone_surrogate"}

    assert not (is_plain(value, 1) and codes)


NAMES = ["events", "sent_at", "other"]
MEMBERS = st.lists(
    st.tuples(
        st.sampled_from([*NAMES, "e", 'ev"ents', ""]),
        st.sampled_from(["1", '"events"', '{"events": "sent_at"}', "[[]]", '"\\u0065"', "1e999"]),
        st.integers(0, 15),
        st.sampled_from(["", " ", "\n\t\r "]),
    ),
    max_size=5,
)


def spell(name: str, escapes: int) -> str:
    """Write a name as JSON, with some of its characters escaped."""
    characters = (
        f"\\u{ord(character):04x}" if escapes >> index & 1 else json.dumps(character)[1:-1]
        for index, character in enumerate(name)
    )
    return f'"{"".join(characters)}"'


@FUZZ
@given(MEMBERS)
@example([("events", "1", 0, ""), ("events", "1", 1, "")])
def test_a_repeated_member_is_found_in_any_spelling(members: list[tuple[str, str, int, str]]):
    inside = ",".join(
        f"{gap}{spell(name, escapes)}{gap}:{gap}{value}{gap}"
        for name, value, escapes, gap in members
    )
    counts = Counter(name for name, *_ in members)
    found = repeated_member(f"{{{inside}}}".encode(), NAMES)

    assert (found is None) == all(counts[name] < 2 for name in NAMES)
    assert found is None or counts[found] > 1


TOKENS = [
    '{"events":',
    "[",
    "]",
    "{",
    "}",
    '"a"',
    ":",
    ",",
    "1",
    "-1e999",
    "null",
    "NaN",
    " ",
    "\\",
]


@FUZZ
@given(
    st.binary(max_size=60) | st.lists(st.sampled_from(TOKENS)).map(lambda t: "".join(t).encode())
)
@example(b'{"events": [' + b"[" * 2000 + b"]" * 2000 + b"]}")
@example(b'{"events": "\\ud800"}')
@example(b'{"\\ud800": 1}')
def test_any_bytes_are_json_or_get_a_readable_error(body: bytes):
    try:
        parse_events(body, NAMES)
    except ApiError as error:
        refusal = error
    else:
        json.loads(body)
        return
    assert refusal.code in ("malformed_json", "invalid_payload")
