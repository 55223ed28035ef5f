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

from .errors import QueryError

type PositionValue = bytes | int | None


@dataclass(frozen=True)
class Position:
    """After which row to go on, and how many rows a TOP or LIMIT still allows."""

    values: tuple[PositionValue, ...]
    left: int | None


def write(text: str, position: Position) -> str:
    """The token of a position in the query with this text; safe in a header."""
    values = [v.hex() if isinstance(v, bytes) else v for v in position.values]
    data = {"v": 1, "q": zlib.crc32(text.encode()), "after": values, "left": position.left}
    return base64.b64encode(orjson.dumps(data)).decode()


def read(text: str, token: str) -> Position:
    """The position in a token; QueryError if it is none, or one of another query."""
    try:
        data: dict[str, Any] = orjson.loads(base64.b64decode(token, validate=True))
        if data["v"] != 1 or data["q"] != zlib.crc32(text.encode()):
            raise ValueError(token)
        values = tuple(bytes.fromhex(v) if isinstance(v, str) else v for v in data["after"])
        return Position(values, data["left"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise QueryError("SC4001", "Invalid Continuation Token") from None
