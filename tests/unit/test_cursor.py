"""Cursors are opaque, signed, versioned and bound to organisation and filters."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain import cursors
from api.domain.cursors import Cursor, decode_cursor, encode_cursor
from api.errors import ApiError

SECRET = b"secret"
CURSOR = Cursor("2026-03-10T12:00:00.000000Z~event-1", "2026-03-01T00:00:00.000000Z", "2026-03-11")
BOUND = {"org": "org_acme", "query": ["u", [], None, None, "desc"]}


def refused(text: str, binding: dict[str, object] = BOUND, secret: bytes = SECRET) -> str:
    with pytest.raises(ApiError) as error:
        decode_cursor(text, binding, secret)
    assert error.value.status == 400
    return error.value.code


def test_a_cursor_decodes_to_its_original_value():
    assert decode_cursor(encode_cursor(CURSOR, BOUND, SECRET), BOUND, SECRET) == CURSOR


def test_a_cursor_needs_no_escaping_in_a_url():
    assert encode_cursor(CURSOR, BOUND, SECRET).replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "other",
    [{**BOUND, "org": "org_globex"}, {**BOUND, "query": ["v", [], None, None, "desc"]}, {}],
)
def test_a_cursor_is_refused_for_another_organisation_or_other_filters(other: dict[str, object]):
    assert refused(encode_cursor(CURSOR, BOUND, SECRET), other) == "invalid_cursor"


def test_a_cursor_is_refused_with_another_secret():
    assert refused(encode_cursor(CURSOR, BOUND, b"other")) == "invalid_cursor"


def test_any_flipped_bit_is_detected():
    raw = base64.urlsafe_b64decode(encode_cursor(CURSOR, BOUND, SECRET) + "==")
    for position in range(len(raw)):
        altered = bytearray(raw)
        altered[position] ^= 1
        text = base64.urlsafe_b64encode(altered).decode().rstrip("=")
        assert refused(text) == "invalid_cursor"


@given(st.text(max_size=200))
def test_any_other_text_is_refused(text: str):
    assert refused(text) == "invalid_cursor"


def test_a_cursor_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cursors, "VERSION", 2)
    later = encode_cursor(CURSOR, BOUND, SECRET)
    monkeypatch.undo()

    assert refused(later) == "invalid_cursor"
