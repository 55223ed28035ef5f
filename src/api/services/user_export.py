"""Everything that is stored about a user: events, dead letters and the user's erasure."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from api.domain.erasures import KEY_ID, Erasure, PrivacyKey, describe_erasure, erasure_id_of
from api.domain.events import Event, split_key
from api.domain.times import MAX_DAY, MIN_DAY, parse_timestamp
from api.errors import ApiError
from api.lake.protocol import LakeReader
from api.lake.queries.user_events import read_user_events, user_events
from api.services.dead_letters import find_dead_letters
from api.services.event_pages import describe_event
from api.services.pages import Position, decode_cursor, encode_cursor
from api.services.stored_events import query_user, read_pages
from api.stores.protocol import Store

_EVENTS, _DEAD_LETTERS, _ERASURE = "1", "2", "3"  # the parts of an export, in their order
_EVENTS_PER_PAGE = 100
_ARCHIVED_PER_PAGE = 500  # each page is a query of the lake

type _Pages = AsyncGenerator[Sequence[Event]]


@dataclass(frozen=True, slots=True)
class Exported:
    """A record about the user, its kind, and its position, after which an export can continue."""

    position: Position
    kind: str
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UserData:
    """The data about a user in the store and in the lake. `lake` is None if there is no lake."""

    store: Store
    lake: LakeReader | None
    org_id: str
    user_id: str

    async def read(self, after: Position) -> AsyncGenerator[Exported]:
        """Yield what is stored about the user after this position."""
        part, last = after
        if part == _EVENTS:
            async with aclosing(self._events(last or None)) as events:
                async for event in events:
                    yield Exported((_EVENTS, event.key), "event", describe_event(event))
            part, last = _DEAD_LETTERS, ""
        if part == _DEAD_LETTERS:
            for letter in await find_dead_letters(self.store, self.org_id, {self.user_id}):
                position = (_DEAD_LETTERS, f"{letter.day}~{letter.document_id}")
                if position > (_DEAD_LETTERS, last):
                    yield Exported(position, "dead_letter", asdict(letter))
            last = ""
        if not last and (erasure := await self._find_erasure()):
            position = (_ERASURE, erasure.erasure_id)
            yield Exported(position, "erasure", describe_erasure(erasure))

    async def _events(self, after: str | None) -> AsyncGenerator[Event]:
        """Yield the user's events in the store or the lake after this key, each of them once.

        Expired events are only in the lake, and the latest events only in the store.
        """
        query = query_user(self.org_id, self.user_id, MIN_DAY, MAX_DAY)
        sources = [read_pages(self.store, query, after=after, limit=_EVENTS_PER_PAGE)]
        if self.lake:
            sources.append(self._archived(self.lake, after))
        async with AsyncExitStack() as stack:
            streams = [await stack.enter_async_context(aclosing(_each(s))) for s in sources]
            heads = [await anext(stream, None) for stream in streams]
            while left := [head for head in heads if head]:
                first = min(left, key=lambda event: event.key)
                yield first
                for index, head in enumerate(heads):
                    if head and head.key == first.key:
                        heads[index] = await anext(streams[index], None)

    async def _archived(self, lake: LakeReader, after: str | None) -> _Pages:
        """Yield the user's events in the lake after this key, in pages.

        Each page is read from the table's latest version, because a vacuum deletes the files of
        earlier versions.
        """
        while True:
            scan = user_events(self.user_id, after=after, limit=_ARCHIVED_PER_PAGE)
            snapshot = await lake.snapshot(self.org_id)
            async with lake.slot(self.org_id):
                rows = await lake.query(
                    snapshot, scan.statement, first_day=scan.first_day, last_day=scan.last_day
                )
            page = read_user_events(rows, self.org_id, self.user_id)
            yield page
            if len(page) < _ARCHIVED_PER_PAGE:
                return
            after = page[-1].key

    async def _find_erasure(self) -> Erasure | None:
        key = await self.store.read(PrivacyKey, self.org_id, KEY_ID)
        if key is None:
            return None
        erasure_id = erasure_id_of(key.record.hash(self.user_id))
        stored = await self.store.read(Erasure, self.org_id, erasure_id)
        return stored.record if stored else None


def encode_position(position: Position, user_id: str) -> str:
    """Return the cursor of an export of this user's data."""
    return encode_cursor((_digest(user_id), *position))


def decode_position(cursor: str | None, user_id: str) -> Position:
    """Return the position of an export's cursor.

    Raises ApiError `invalid_cursor`, also if the cursor belongs to another user's export.
    """
    if cursor is None:
        return _EVENTS, ""
    digest, part, last = decode_cursor(cursor, 3)
    if digest == _digest(user_id) and _is_position(part, last):
        return part, last
    raise ApiError(
        "invalid_cursor",
        "The cursor is not one of this user's export. Repeat the request without it.",
    )


def _is_position(part: str, last: str) -> bool:
    if part != _EVENTS:
        return part in (_DEAD_LETTERS, _ERASURE)
    try:
        parse_timestamp(split_key(last)[0])
    except ValueError:
        return False
    return True


def _digest(user_id: str) -> str:
    return sha256(user_id.encode()).hexdigest()[:16]


async def _each(pages: _Pages) -> AsyncGenerator[Event]:
    async with aclosing(pages):
        async for page in pages:
            for event in page:
                yield event
