"""Read a page of events with few queries, even if its events are spread over many days.

One query per day would be slow for a user with one event per day, because each day would cost two
round trips. A query therefore covers as many days as are expected to fill the page. The SDK doesn't
merge the sorted results of several physical partitions. A query over several days therefore has no
ORDER BY and reads all events of these days. If there are too many events, the query is repeated for
fewer days.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from api.domain.events import Event, EventQuery
from api.stores.cosmos_events import Parameters, event_of, matching
from api.stores.records import Document

type RunQuery = Callable[[str, Parameters, list[str], int | None], Awaitable[list[Any]]]

_GROWTH = 8  # the factor by which the days per query may grow; the first query reads one day
_SURPLUS = 30  # events to plan beyond the page, because reading them costs less than another query
_SURPLUS_MAX = 100  # the most events beyond the page that a query reads
_PAST_A_DAY = "U"  # a key is the day, "T" and the time, so all keys of the day sort before this
_PAST_A_KEY = " "  # sorts before every character that can continue an event id


@dataclass(frozen=True, slots=True)
class _RangeQuery:
    """A part of an event query: keys with low <= key < high in `days` days, starting with `day`.

    The days are in the order of the event query, so a descending query covers `day` and earlier
    days.
    """

    query: EventQuery
    day: str
    days: int
    low: str
    high: str

    @property
    def end(self) -> str:
        """Return the last day of the range in the order of the query."""
        return _shifted(self.day, (self.days - 1) * self._step)

    @property
    def following(self) -> str:
        """Return the day after the range in the order of the query."""
        return _shifted(self.end, self._step)

    @property
    def bounds(self) -> tuple[str, str]:
        """Return bounds that exclude other days, whose keys are then not read from the index."""
        first, last = sorted((self.day, self.end))
        return max(self.low, first), min(self.high, last + _PAST_A_DAY)

    @property
    def rest(self) -> tuple[str, str]:
        """Return the bounds of the keys after this range."""
        if self.query.ascending:
            return max(self.low, self.end + _PAST_A_DAY), self.high
        return self.low, min(self.high, self.end)

    @property
    def _step(self) -> int:
        return 1 if self.query.ascending else -1


async def read_page(
    run: RunQuery, query: EventQuery, *, after: str | None, limit: int
) -> list[Event]:
    """Return the next `limit` events after the key `after`, or fewer at the end of the query."""
    events: list[Event] = []
    low, high = _beyond(query, after)
    day, days = after and after[:10], 1
    while len(events) < limit and low < high:
        day = day or await _next_day(run, query, low, high)
        if day is None:
            break
        missing = limit - len(events)
        part = _RangeQuery(query, day, days, low, high)
        found = await (_read_day if days == 1 else _read_days)(run, part, missing)
        if found is None:
            days = max(1, days // _GROWTH)
            continue
        events += map(event_of, found[:missing])
        low, high = part.rest
        day = part.following if found else None  # after an empty range, skip the gap with one query
        days = _next_days(days, len(found), missing - len(found))
    return events


def _next_days(days: int, found: int, missing: int) -> int:
    """Estimate from the last query's result how many days contain the events still missing."""
    most = days * _GROWTH
    return most if not found else max(1, min(most, days * (missing + _SURPLUS) // found))


async def _next_day(run: RunQuery, query: EventQuery, low: str, high: str) -> str | None:
    """Return the next day that has a matching event, or None."""
    where, values = matching(query, low, high)
    function = "MIN" if query.ascending else "MAX"
    text = f"SELECT VALUE {function}(c.id) FROM c WHERE {where}"
    keys = await run(text, values, [query.org_id], None)
    return next((key[:10] for key in keys if isinstance(key, str)), None)


async def _read_day(run: RunQuery, part: _RangeQuery, missing: int) -> list[Document]:
    """Return up to `missing` events of a single day, in the query's order."""
    where, values = matching(part.query, *part.bounds)
    order = "ASC" if part.query.ascending else "DESC"
    text = f"SELECT * FROM c WHERE {where} ORDER BY c.id {order}"
    return await run(text, values, [part.query.org_id, part.day], missing)


async def _read_days(run: RunQuery, part: _RangeQuery, missing: int) -> list[Document] | None:
    """Return all events of the days in the query's order, or None if there are too many."""
    where, values = matching(part.query, *part.bounds)
    most = missing + _SURPLUS_MAX
    text = f"SELECT * FROM c WHERE {where}"
    documents = await run(text, values, [part.query.org_id], most + 1)
    documents.sort(key=itemgetter("id"), reverse=not part.query.ascending)
    return documents if len(documents) <= most else None


def _shifted(day: str, days: int) -> str:
    ordinal = date.fromisoformat(day).toordinal() + days
    return date.fromordinal(max(1, min(ordinal, date.max.toordinal()))).isoformat()


def _beyond(query: EventQuery, after: str | None) -> tuple[str, str]:
    """Return bounds low <= key < high for the keys that follow `after` in the query's order."""
    if after is None:
        return query.first, query.last
    return (after + _PAST_A_KEY, query.last) if query.ascending else (query.first, after)
