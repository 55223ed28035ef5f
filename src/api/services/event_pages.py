"""List events, page by page, with cursors that only fit the query they came from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.domain.cursors import Cursor, decode_cursor, encode_cursor
from api.domain.events import Event, EventQuery
from api.stores.protocol import Store


@dataclass(frozen=True, slots=True)
class EventPage:
    events: Sequence[Event]
    next_cursor: str | None  # None: that was the end


async def query_events(
    store: Store,
    query: EventQuery,
    *,
    cursor: str | None,
    binding: tuple[object, ...],
    limit: int,
    secret: bytes,
) -> EventPage:
    """Up to `limit` events of the query, beyond the cursor.

    `binding` is the query as the caller wrote it: a cursor is good for the same one only, and keeps
    the time range of the first page, so that "the last 30 days" does not move under a reader.
    """
    bound = {"org": query.org_id, "query": binding}
    after = None
    if cursor is not None:
        start = decode_cursor(cursor, bound, secret)
        query, after = replace(query, first=start.first, last=start.last), start.after
    events = await store.page(query, after=after, limit=limit + 1)
    if len(events) <= limit:
        return EventPage(events, None)
    page = events[:limit]
    following = Cursor(page[-1].key, query.first, query.last)
    return EventPage(page, encode_cursor(following, bound, secret))
