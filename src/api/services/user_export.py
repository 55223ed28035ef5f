"""Everything that the store holds about a user: events, dead letters and the user's erasure."""

from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from typing import Any

from api.domain.erasures import KEY_ID, Erasure, PrivacyKey, describe_erasure, erasure_id_of
from api.domain.events import split_key
from api.domain.times import MAX_DAY, MIN_DAY, parse_timestamp
from api.errors import ApiError
from api.services.dead_letters import find_dead_letters
from api.services.event_pages import describe_event
from api.services.pages import Position, decode_cursor
from api.services.stored_events import query_user, read_pages
from api.stores.protocol import Store

_EVENTS, _DEAD_LETTERS, _ERASURE = "1", "2", "3"  # the parts of an export, in their order
_EVENTS_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Exported:
    """A record about the user, its kind, and its position, after which an export can continue."""

    position: Position
    kind: str
    record: dict[str, Any]


def decode_position(cursor: str | None) -> Position:
    """Return the position of an export's cursor. Raises ApiError `invalid_cursor`."""
    if cursor is None:
        return _EVENTS, ""
    part, last = decode_cursor(cursor, 2)
    try:
        if part == _EVENTS:
            parse_timestamp(split_key(last)[0])
        elif part not in (_DEAD_LETTERS, _ERASURE):
            raise ValueError(part)  # noqa: TRY301 - handled below
    except ValueError as error:
        raise ApiError("invalid_cursor", "The cursor is not one of an export.") from error
    return part, last


async def read_user(
    store: Store, org_id: str, user_id: str, after: Position
) -> AsyncGenerator[Exported]:
    """Yield what is stored about the user after this position."""
    part, last = after
    if part == _EVENTS:
        events = query_user(org_id, user_id, MIN_DAY, MAX_DAY)
        async for page in read_pages(store, events, after=last or None, limit=_EVENTS_PER_PAGE):
            for event in page:
                yield Exported((_EVENTS, event.key), "event", describe_event(event))
        part, last = _DEAD_LETTERS, ""
    if part == _DEAD_LETTERS:
        for letter in await find_dead_letters(store, org_id, {user_id}):
            position = (_DEAD_LETTERS, f"{letter.day}~{letter.document_id}")
            if position > (_DEAD_LETTERS, last):
                yield Exported(position, "dead_letter", asdict(letter))
        part = _ERASURE
        last = ""
    if not last and (erasure := await _find_erasure(store, org_id, user_id)):
        position = (_ERASURE, erasure.erasure_id)
        yield Exported(position, "erasure", describe_erasure(erasure))


async def _find_erasure(store: Store, org_id: str, user_id: str) -> Erasure | None:
    key = await store.read(PrivacyKey, org_id, KEY_ID)
    if key is None:
        return None
    stored = await store.read(Erasure, org_id, erasure_id_of(key.record.hash(user_id)))
    return stored.record if stored else None
