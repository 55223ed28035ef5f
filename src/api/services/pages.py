"""Pages of an organisation's lists, such as members and API keys.

A cursor is only a position in a list of the caller's organisation. Unlike a cursor of events, it
has no signature, so the serverless functions that use it need no access to a secret.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import gt, lt
from typing import Any, cast

from api.errors import ApiError

_LENGTH_MAX = 1024  # of a cursor; a user id of 255 quotation marks needs 686 characters

type Position = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order[T]:
    """The order of a list: by position, which consists of `length` strings."""

    position_of: Callable[[T], Position]
    length: int
    is_descending: bool = False


def in_order[T](items: Iterable[T], order: Order[T]) -> Sequence[T]:
    """Return the items in the given order."""
    return sorted(items, key=order.position_of, reverse=order.is_descending)


def page_of[T](
    items: Sequence[T], order: Order[T], *, cursor: str | None, limit: int
) -> tuple[Sequence[T], str | None]:
    """Return up to `limit` items after the cursor, and the cursor of the next page.

    The items must be in the given order. Raises ApiError `invalid_cursor`.
    """
    left = items
    if cursor is not None:
        last = decode_cursor(cursor, order.length)
        follows = lt if order.is_descending else gt
        left = [item for item in items if follows(order.position_of(item), last)]
    page = left[:limit]
    return page, encode_cursor(order.position_of(page[-1])) if len(left) > limit else None


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
