"""Usage: the events that an organisation sent, counted by the UTC day of their receipt.

A rollup counts events by the day of their timestamps. Most events are received on that day. The
other events are also counted by their day of receipt. Erased events still count, because the
service received them. `EARLIER` takes the place of days of receipt that are no longer stored
separately.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from api.domain.rollups import DayCounts, LateEvents

EARLIER = "earlier"
RECEIVED_DAYS_MAX = 400  # days of receipt per rollup; each takes about 20 bytes
MONTHS_MAX = 13  # in a usage report; 13 months have fewer days than RECEIVED_DAYS_MAX


def month_of(day: str) -> str:
    return day[:7]


def add_received(received: Mapping[str, int], added: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the counts per day of receipt with these (day, count) pairs added.

    Pairs with an empty day are ignored. Only the latest RECEIVED_DAYS_MAX days are kept separately.
    """
    total = Counter(received)
    for day, count in added:
        if day:
            total[day] += count
    earlier = sorted(total.keys() - {EARLIER})[:-RECEIVED_DAYS_MAX]
    for day in earlier:
        total[EARLIER] += total.pop(day)
    return dict(total)


def received_in(day: DayCounts, month: str) -> dict[str, int]:
    """Return the number of the day's events per day of receipt in this month."""
    received = Counter(day.received)
    received.update(day.erased)
    if punctual := day.total - sum(day.received.values()):
        received[day.day] += punctual
    return {late: count for late, count in received.items() if month_of(late) == month}


def late_events(day: DayCounts, earlier: DayCounts | None = None) -> list[LateEvents]:
    """Return a record of the day's late events for each month in which such events were received.

    `earlier` is a previous state of the day. A month that only `earlier` contains gets a record
    without events, which replaces the stored one.
    """
    days = {*day.received, *day.erased, *(earlier.received if earlier else ())} - {EARLIER}
    return [
        LateEvents(day.org_id, month, day.day, day.number, received_in(day, month))
        for month in sorted({month_of(late) for late in days} - {month_of(day.day)})
    ]


def daily_usage(days: Iterable[DayCounts], late: Iterable[LateEvents]) -> dict[str, int]:
    """Return the number of events per day of receipt in some months.

    `days` contains the days of these months, and `late` the late events received in these months.
    """
    total = Counter[str]()
    for day in days:
        total.update(received_in(day, month_of(day.day)))
    for one in late:
        total.update(one.received)
    return dict(total)
