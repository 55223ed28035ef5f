"""Usage: the events that an organisation sent, counted by the UTC day of their receipt.

A rollup contains the events of a day by their timestamps. Most events are received on the same day,
so a rollup stores only the other events, by the day of receipt. `EARLIER` takes the place of days
of receipt that are no longer stored separately.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from api.domain.rollups import DayCounts

EARLIER = "earlier"
RECEIVED_DAYS_MAX = 400  # days of receipt per rollup; each takes about 20 bytes
MONTHS_MAX = 13  # in a usage report; 13 months have fewer days than RECEIVED_DAYS_MAX


@dataclass(frozen=True, slots=True)
class LateEvents:
    """The events of a day that were received in another month, by their day of receipt.

    `number` is the rollup's number.
    """

    org_id: str
    month: str  # the month of receipt
    day: str
    number: int
    received: Mapping[str, int] = field(default_factory=dict[str, int])


def late_events_id(month: str, day: str) -> str:
    """Return the id of a record of late events.

    A listing of days doesn't contain these records.
    """
    return f"usage~{month}~{day}"


def month_of(day: str) -> str:
    return day[:7]


def add_received(received: Mapping[str, int], added: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return the received events with these (day, count) pairs added.

    Pairs with an empty day are ignored. Only the latest days are kept separately.
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
    """Return the events of the day that were received in this month, by their day of receipt."""
    found = {late: count for late, count in day.received.items() if month_of(late) == month}
    if month_of(day.day) == month and (punctual := day.total - sum(day.received.values())):
        found[day.day] = found.get(day.day, 0) + punctual
    return found


def late_events(day: DayCounts, earlier: DayCounts | None = None) -> list[LateEvents]:
    """Return the day's records of late events, also those that only an earlier state has."""
    days = {*day.received, *(earlier.received if earlier else ())} - {EARLIER}
    return [
        LateEvents(day.org_id, month, day.day, day.number, received_in(day, month))
        for month in sorted({month_of(late) for late in days} - {month_of(day.day)})
    ]


def daily_usage(
    month: str, days: Iterable[DayCounts], late: Iterable[LateEvents]
) -> dict[str, int]:
    """Return the events that were received in the month, by their day of receipt.

    `days` contains the days of the month, and `late` the month's late events.
    """
    total = Counter[str]()
    for day in days:
        total.update(received_in(day, month))
    for one in late:
        total.update(one.received)
    return dict(total)
