"""Opaque cursors, each of which is signed and valid for only one organisation and one query."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256

from api.errors import ApiError

VERSION = 1
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position in a listing: the last key, and the time range of the first page."""

    after: str
    first: str
    last: str


def encode_cursor(cursor: Cursor, binding: Mapping[str, object], secret: bytes) -> str:
    """Encode and sign the cursor.

    `binding` contains the organisation and the query's parameters. A cursor can be decoded only
    with the same binding.
    """
    body = json.dumps([VERSION, *asdict(cursor).values()], separators=(",", ":")).encode()
    return urlsafe_b64encode(_mac(body, binding, secret) + body).decode().rstrip("=")


def decode_cursor(text: str, binding: Mapping[str, object], secret: bytes) -> Cursor:
    """Decode a cursor.

    Raises ApiError `invalid_cursor` if the cursor was modified or belongs to another query.
    """
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        raw = b""
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(body, binding, secret)):
        raise ApiError(
            "invalid_cursor",
            "The cursor was modified, or belongs to another organisation or other filters. "
            "Repeat the query without it to start again.",
        )
    version, *fields = json.loads(body)
    if version != VERSION:
        raise ApiError(
            "invalid_cursor", "The cursor is from another API version. Start again without it."
        )
    return Cursor(*fields)


def _mac(body: bytes, binding: Mapping[str, object], secret: bytes) -> bytes:
    bound = json.dumps(binding, sort_keys=True).encode()
    return hmac.digest(secret, sha256(bound).digest() + body, sha256)[:_MAC_BYTES]
