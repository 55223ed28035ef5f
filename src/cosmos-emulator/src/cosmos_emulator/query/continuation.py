"""Continuation tokens: an exact position in a query's order, bound to the query's text.

A position consists of the order values of the last row returned, not of a count. Inserts and
deletes before it don't change it, so no row that existed at the start is skipped or repeated.
"""

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.keyset import PositionValue

PREFIX = "after:"  # the SDK would treat plain base64 as its own token


@dataclass(frozen=True)
class Position:
    """The row to continue after, and the number of rows that TOP or LIMIT still allows."""

    values: tuple[PositionValue, ...]
    left: int | None


def write(text: str, position: Position) -> str:
    """Return the header-safe token of a position in the query with this text."""
    values = [v.hex() if isinstance(v, bytes) else v for v in position.values]
    data = {"query": zlib.crc32(text.encode()), "after": values, "left": position.left}
    return PREFIX + base64.b64encode(orjson.dumps(data)).decode()


def read(text: str, token: str) -> Position:
    """Return the position in a token; QueryError if it is invalid or from another query."""
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
