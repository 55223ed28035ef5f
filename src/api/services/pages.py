"""Pages of an organisation's lists, such as members and API keys.

A cursor is a position in the organisation's own list. Unlike a cursor of events, it has no
signature, so the serverless functions that use it need no access to a secret.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, cast

from api.errors import ApiError

_LENGTH_MAX = 512  # of a cursor

type Position = tuple[str, ...]


def page_of[T](
    items: Sequence[T],
    position_of: Callable[[T], Position],
    *,
    cursor: str | None,
    limit: int,
    is_descending: bool = False,
) -> tuple[Sequence[T], str | None]:
    """Return up to `limit` items after the cursor, and the cursor of the next page.

    The items must be in the order of their positions. Raises ApiError `invalid_cursor`.
    """
    left = items
    if cursor is not None and items:
        after = decode_cursor(cursor, len(position_of(items[0])))
        left = [
            item
            for item in items
            if (position_of(item) < after if is_descending else position_of(item) > after)
        ]
    page = left[:limit]
    return page, encode_cursor(position_of(page[-1])) if len(left) > limit else None


def encode_cursor(position: Position) -> str:
    """Return a position as opaque text."""
    return urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> Position:
    """Return the cursor's position, which has `length` values. Raises ApiError `invalid_cursor`."""
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        values: Any = json.loads(text) if len(cursor) <= _LENGTH_MAX else None
    except ValueError:
        values = None
    position = cast("list[object]", values) if isinstance(values, list) else []
    texts = tuple(value for value in position if isinstance(value, str) and value.isprintable())
    is_ours = len(position) == len(texts) == length
    if not is_ours or encode_cursor(texts) != cursor:  # Python's decoder skips other characters
        raise ApiError(
            "invalid_cursor", "The cursor is not one of this list. Repeat the query without it."
        )
    return texts
