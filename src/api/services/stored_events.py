"""Read all events of a query from the store, page by page or day by day."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from api.domain.events import Event, EventQuery, query_days
from api.stores.protocol import Store

EVENTS_PER_PAGE = 1000


def query_user(org_id: str, user_id: str, first: str, last: str) -> EventQuery:
    """Return a query for a user's events from the first to the last day, oldest first."""
    return replace(query_days(org_id, first, last), user_id=user_id)


async def read_pages(
    store: Store, query: EventQuery, *, after: str | None = None, limit: int = 0
) -> AsyncGenerator[Sequence[Event]]:
    """Yield all events of the query after the key `after` in pages, in the query's order.

    By default, a page has up to EVENTS_PER_PAGE events.
    """
    while page := await store.page(query, after=after, limit=limit or EVENTS_PER_PAGE):
        yield page
        after = page[-1].key


async def count_events(store: Store, query: EventQuery) -> int:
    """Return the number of events of the query."""
    count = 0
    async for page in read_pages(store, query):
        count += len(page)
    return count


async def first_day(store: Store, query: EventQuery) -> str | None:
    """Return the UTC day of the query's first event, or None if there are no events."""
    found = await store.page(query, after=None, limit=1)
    return found[0].day if found else None


def after_day(query: EventQuery, day: str) -> EventQuery:
    """Return the part of the ascending query that follows the UTC day."""
    return replace(query, first=query_days(query.org_id, day, day).last)


async def days_with_events(store: Store, query: EventQuery) -> AsyncGenerator[str]:
    """Yield each UTC day that has events of the ascending query."""
    while day := await first_day(store, query):
        yield day
        query = after_day(query, day)
