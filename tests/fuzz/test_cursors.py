"""A cursor is decoded only for the query that it was created for. All others are rejected."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from hypothesis import assume, example, given
from hypothesis import strategies as st

from api.domain.cursors import Cursor, decode_cursor, encode_cursor
from api.errors import ApiError
from tests.fuzz.amount import FUZZ

SECRET = b"s" * 32
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
CURSORS = st.builds(Cursor, TEXT, TEXT, TEXT)
BINDINGS = st.dictionaries(
    st.sampled_from(["org", "query"]), TEXT | st.none() | st.lists(TEXT | st.none(), max_size=3)
)


def decode(text: str, binding: dict[str, object], secret: bytes = SECRET) -> Cursor | None:
    """Return the cursor, or None if it is rejected as invalid."""
    try:
        return decode_cursor(text, binding, secret)
    except ApiError as error:
        refusal = error
    assert (refusal.status, refusal.code) == (400, "invalid_cursor")
    return None


@FUZZ
@given(CURSORS, BINDINGS)
def test_any_cursor_is_decoded_to_its_content(cursor: Cursor, binding: dict[str, object]):
    assert decode(encode_cursor(cursor, binding, SECRET), binding) == cursor


@FUZZ
@given(CURSORS, BINDINGS, BINDINGS)
def test_a_cursor_of_another_query_is_rejected(
    cursor: Cursor, binding: dict[str, object], other: dict[str, object]
):
    assume(binding != other)

    assert decode(encode_cursor(cursor, binding, SECRET), other) is None


@FUZZ
@given(st.text(max_size=200) | st.text("AZaz09-_=", max_size=200))
@example("")
@example("=" * 5)
@example("A" * 21)
@example("\0")
@example("\ud800")
def test_any_text_is_rejected_as_a_cursor(text: str):
    assert decode(text, {}) is None


@FUZZ
@given(CURSORS, st.data())
def test_altered_cursors_are_rejected(cursor: Cursor, data: st.DataObject):
    text = encode_cursor(cursor, {}, SECRET)
    raw = bytearray(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))

    assert decode(urlsafe_b64encode(raw).decode().rstrip("="), {}) is None


@FUZZ
@given(CURSORS, st.binary(max_size=40))
def test_a_cursor_of_another_secret_is_rejected(cursor: Cursor, secret: bytes):
    assume(secret != SECRET)

    assert decode(encode_cursor(cursor, {}, secret), {}) is None
