"""Pagination of events, with cursors that are bound to their query."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.domain.cursors import Cursor, decode_cursor, encode_cursor
from api.domain.events import Event, EventQuery
from api.stores.protocol import Store


@dataclass(frozen=True, slots=True)
class EventPage:
    events: Sequence[Event]
    next_cursor: str | None  # None on the last page


def describe_event(event: Event) -> dict[str, Any]:
    """Return what callers may see of an event, by field name."""
    return {
        "event_id": event.event_id,
        "org_id": event.org_id,
        "event_type": event.event_type,
        "user_id": event.user_id,
        "timestamp": event.timestamp,
        "source": event.source,
        "properties": event.properties,
        "received_at": event.received_at,
    } | ({} if event.clock_skew_ms is None else {"clock_skew_ms": event.clock_skew_ms})


async def query_events(
    store: Store,
    query: EventQuery,
    *,
    cursor: str | None,
    binding: tuple[object, ...],
    limit: int,
    secret: bytes,
) -> EventPage:
    """Return up to `limit` events of the query after the cursor.

    `binding` contains the query parameters as the caller wrote them. A cursor is valid only with
    the query parameters of the first page. The cursor contains the time range of the first page, so
    "the last 30 days" means the same range on every page.
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
