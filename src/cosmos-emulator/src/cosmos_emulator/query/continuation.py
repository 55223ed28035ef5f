"""Continuation tokens, which are valid for one query text and contain a position in the results.

A position consists of the ORDER BY values of the last returned row. Unlike an offset, a position
remains correct after inserts and deletes. Rows that existed when the query started are neither
skipped nor repeated.
"""

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.keyset import PositionValue

PREFIX = "after:"  # without it, the SDK would treat the base64 as a token of its own


@dataclass(frozen=True)
class Position:
    """The last item of a page, and the number of results that TOP or LIMIT still allows.

    If the page ended between two rows of an item, `inner` is the number of its returned results.
    """

    values: tuple[PositionValue, ...]
    left: int | None
    inner: int = 0


def write(text: str, position: Position) -> str:
    """Return a continuation token for a position in the results of this query text.

    The token can be used in a header.
    """
    values = [v.hex() if isinstance(v, bytes) else v for v in position.values]
    data = {"query": zlib.crc32(text.encode()), "after": values, "left": position.left}
    if position.inner:
        data["inner"] = position.inner
    return PREFIX + base64.b64encode(orjson.dumps(data)).decode()


def read(text: str, token: str) -> Position:
    """Return the position in a token.

    Raises QueryError if the token is invalid or from another query.
    """
    try:
        encoded = token.removeprefix(PREFIX)
        data: dict[str, Any] = orjson.loads(base64.b64decode(encoded, validate=True))
        own = data["query"] == zlib.crc32(text.encode())
        values = tuple(bytes.fromhex(v) if isinstance(v, str) else v for v in data["after"])
        position = Position(values, data["left"], int(data.get("inner", 0)))
    except (binascii.Error, ValueError, KeyError, TypeError):
        own, position = False, Position((), None)
    if not own:
        raise QueryError("SC4001", "Invalid Continuation Token")
    return position
