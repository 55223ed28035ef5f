"""Pages of an organisation's API keys, newest first."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from api.domain.reference import ApiKey
from api.errors import ApiError

type Position = tuple[str, str]


def page_of(
    keys: Sequence[ApiKey], *, cursor: str | None, limit: int
) -> tuple[Sequence[ApiKey], str | None]:
    """Return up to `limit` keys after the cursor, and the cursor of the next page.

    The keys must be in the order of `list_keys`.

    The cursor is a position in the organisation's own list. Unlike a cursor of events, it has no
    signature, so this function needs no access to a secret.
    """
    if cursor is not None:
        after = _decode(cursor)
        keys = [key for key in keys if _position(key) < after]
    page = keys[:limit]
    return page, _encode(_position(page[-1])) if len(keys) > limit else None


def _position(key: ApiKey) -> Position:
    return (key.created_at, key.key_hash)


def _encode(position: Position) -> str:
    return urlsafe_b64encode("~".join(position).encode()).decode().rstrip("=")


def _decode(cursor: str) -> Position:
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
    except ValueError:
        text = ""
    created_at, separator, key_hash = text.partition("~")
    if not separator:
        raise ApiError(
            "invalid_cursor", "The cursor is not one of this list. Repeat the query without it."
        )
    return created_at, key_hash
