"""Continuation tokens: an exact position in a query's order, bound to the query's text.

A position names the last row that was answered by its own order values, not by a count: rows that
come or go before it move nothing, so nothing that was there at the start is skipped or repeated.
"""

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.keyset import PositionValue

PREFIX = "after:"  # the SDK takes bare base64 for a token of its own


@dataclass(frozen=True)
class Position:
    """After which row to go on, and how many rows a TOP or LIMIT still allows."""

    values: tuple[PositionValue, ...]
    left: int | None


def write(text: str, position: Position) -> str:
    """The token of a position in the query with this text; safe in a header."""
    values = [v.hex() if isinstance(v, bytes) else v for v in position.values]
    data = {"query": zlib.crc32(text.encode()), "after": values, "left": position.left}
    return PREFIX + base64.b64encode(orjson.dumps(data)).decode()


def read(text: str, token: str) -> Position:
    """The position in a token; QueryError if it is none, or one of another query."""
    try:
        encoded = token.removeprefix(PREFIX)
        data: dict[str, Any] = orjson.loads(base64.b64decode(encoded, validate=True))
        own = data["query"] == zlib.crc32(text.encode())
        values = tuple(bytes.fromhex(v) if isinstance(v, str) else v for v in data["after"])
        position = Position(values, data["left"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        own, position = False, Position((), None)
    if not own:
        raise QueryError("SC4001", "Invalid Continuation Token")
    return position
