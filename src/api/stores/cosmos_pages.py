"""Reading a page of events with few queries, however its events are spread over days.

A query per day would cost two round trips for each day of a user with one event a day. A look
therefore spans as many days as should fill the page. The SDK doesn't merge an ORDER BY over
physical partitions, so a look over several days reads all events, and is repeated over fewer days
when there are too many.
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

_GROWTH = 8  # of the days per look; the first look is at one day, which costs what it returns
_SURPLUS = 30  # events beyond the page that a look aims at; a second look costs more than these
_SURPLUS_MAX = 100  # and the most that it reads
_PAST_A_DAY = "U"  # follows the "T" of every key of the day
_PAST_A_KEY = " "  # precedes every character that an event id can go on with


@dataclass(frozen=True, slots=True)
class _Look:
    """One query over `days` days in the query's order, starting at `day`, low <= key < high."""

    query: EventQuery
    day: str
    days: int
    low: str
    high: str

    @property
    def end(self) -> str:
        """Return the last day of the look."""
        return _shifted(self.day, (self.days - 1) * self._step)

    @property
    def following(self) -> str:
        """Return the day after the look."""
        return _shifted(self.end, self._step)

    @property
    def bounds(self) -> tuple[str, str]:
        """Return bounds that exclude other days, which the index would otherwise read."""
        first, last = sorted((self.day, self.end))
        return max(self.low, first), min(self.high, last + _PAST_A_DAY)

    @property
    def rest(self) -> tuple[str, str]:
        """Return the bounds of the keys after this look."""
        if self.query.ascending:
            return max(self.low, self.end + _PAST_A_DAY), self.high
        return self.low, min(self.high, self.end)

    @property
    def _step(self) -> int:
        return 1 if self.query.ascending else -1


async def read_page(
    run: RunQuery, query: EventQuery, *, after: str | None, limit: int
) -> list[Event]:
    """Return up to `limit` events beyond the key `after`; fewer only at the end."""
    events: list[Event] = []
    low, high = _beyond(query, after)
    day, days = after and after[:10], 1
    while len(events) < limit and low < high:
        day = day or await _next_day(run, query, low, high)
        if day is None:
            break
        missing = limit - len(events)
        look = _Look(query, day, days, low, high)
        found = await (_read_day if days == 1 else _read_days)(run, look, missing)
        if found is None:
            days = max(1, days // _GROWTH)
            continue
        events += map(event_of, found[:missing])
        low, high = look.rest
        day = look.following if found else None  # or a gap is crossed look by look
        days = _next_days(days, len(found), missing - len(found))
    return events


def _next_days(days: int, found: int, missing: int) -> int:
    """Estimate from the last look how many days hold the missing events."""
    most = days * _GROWTH
    return most if not found else max(1, min(most, days * (missing + _SURPLUS) // found))


async def _next_day(run: RunQuery, query: EventQuery, low: str, high: str) -> str | None:
    """Return the day of the next matching key, skipping days without a match."""
    where, values = matching(query, low, high)
    function = "MIN" if query.ascending else "MAX"
    text = f"SELECT VALUE {function}(c.id) FROM c WHERE {where}"
    keys = await run(text, values, [query.org_id], None)
    return next((key[:10] for key in keys if isinstance(key, str)), None)


async def _read_day(run: RunQuery, look: _Look, missing: int) -> list[Document]:
    """Return the missing events of a single day, or as many as it has."""
    where, values = matching(look.query, *look.bounds)
    order = "ASC" if look.query.ascending else "DESC"
    text = f"SELECT * FROM c WHERE {where} ORDER BY c.id {order}"
    return await run(text, values, [look.query.org_id, look.day], missing)


async def _read_days(run: RunQuery, look: _Look, missing: int) -> list[Document] | None:
    """Return all events of the days in order; None if there are too many."""
    where, values = matching(look.query, *look.bounds)
    most = missing + _SURPLUS_MAX
    text = f"SELECT * FROM c WHERE {where}"
    documents = await run(text, values, [look.query.org_id], most + 1)
    documents.sort(key=itemgetter("id"), reverse=not look.query.ascending)
    return documents if len(documents) <= most else None


def _shifted(day: str, days: int) -> str:
    ordinal = date.fromisoformat(day).toordinal() + days
    return date.fromordinal(max(1, min(ordinal, date.max.toordinal()))).isoformat()


def _beyond(query: EventQuery, after: str | None) -> tuple[str, str]:
    """Return the bounds low <= key < high of the keys after `after` in the query's order."""
    if after is None:
        return query.first, query.last
    return (after + _PAST_A_KEY, query.last) if query.ascending else (query.first, after)
