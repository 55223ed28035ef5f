"""Usage reports: how many events an organisation sent per month and day, from the rollups.

An event counts on the UTC day on which the service received it, whatever its timestamp is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from api.domain.rollups import DayCounts, LateEvents, late_events_id
from api.domain.times import days_between
from api.domain.usage import daily_usage, month_of
from api.stores.protocol import Store

_LAST_ID = "\uffff"


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """The events that were received in a month, with an entry for each of its days until today."""

    month: str  # such as 2026-01
    events: int
    daily: Sequence[tuple[str, int]]


async def report_usage(store: Store, org_id: str, months: Sequence[date]) -> list[MonthUsage]:
    """Return the organisation's usage in these consecutive months, oldest first.

    `months` contains one date per month: its last day or, for the current month, today. The number
    of queries doesn't depend on the number of months.
    """
    used = await _read_days(store, org_id, months[0], months[-1])
    return [_month_usage(used, last) for last in months]


def _month_usage(used: Mapping[str, int], last: date) -> MonthUsage:
    month = f"{last:%Y-%m}"
    daily = {day: events for day, events in used.items() if month_of(day) == month}
    until = max([last, *map(date.fromisoformat, daily)])
    days = [day.isoformat() for day in days_between(last.replace(day=1), until)]
    return MonthUsage(month, sum(daily.values()), [(day, daily.get(day, 0)) for day in days])


async def count_received(store: Store, org_id: str, month: date) -> int:
    """Return the number of events that were received in the month and are in the rollups."""
    return sum((await _read_days(store, org_id, month, month)).values())


def months_until(today: date, count: int) -> list[date]:
    """Return a date in each of the latest `count` months, oldest first: its last day, or today."""
    months = [today]
    while len(months) < count:
        months.append(months[-1].replace(day=1) - timedelta(days=1))
    return months[::-1]


async def _read_days(store: Store, org_id: str, first: date, last: date) -> Mapping[str, int]:
    """Return the number of events per day of receipt, from the first to the last month."""
    start, end = f"{first:%Y-%m}", f"{last:%Y-%m}"
    days = await store.find(DayCounts, org_id, first=f"{start}-01", last=f"{end}-31")
    late = await store.find(
        LateEvents,
        org_id,
        first=late_events_id(start, ""),
        last=late_events_id(end, _LAST_ID),
    )
    return daily_usage(days, late)
