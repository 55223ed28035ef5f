"""Usage reports: how many events an organisation sent per month and day, from the rollups.

An event counts on the UTC day on which the service received it, whatever its timestamp is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from api.domain.rollups import DayCounts, LateEvents, late_events_id
from api.domain.times import days_between
from api.domain.usage import MONTHS_MAX, daily_usage
from api.stores.protocol import Store

_LAST_ID = "\uffff"


@dataclass(frozen=True, slots=True)
class MonthUsage:
    """The events that were received in a month, with an entry for each of its days until today."""

    month: str  # such as 2026-01
    events: int
    daily: Sequence[tuple[str, int]]


async def report_usage(store: Store, org_id: str, months: Sequence[date]) -> list[MonthUsage]:
    """Return the organisation's usage in these months, each given by its last day to report."""
    reports: list[MonthUsage] = []
    for last in months:
        first = last.replace(day=1)
        daily = await _read_days(store, org_id, first)
        until = max([last, *map(date.fromisoformat, daily)])
        days = [day.isoformat() for day in days_between(first, until)]
        listed = [(day, daily.get(day, 0)) for day in days]
        reports.append(MonthUsage(f"{first:%Y-%m}", sum(daily.values()), listed))
    return reports


async def count_received(store: Store, org_id: str, month: date) -> int:
    """Return the number of events that were received in the month and are in the rollups."""
    return sum((await _read_days(store, org_id, month)).values())


def months_until(today: date, count: int) -> list[date]:
    """Return the last day to report of each of the latest `count` months, oldest first."""
    months = [today]
    while len(months) < min(count, MONTHS_MAX):
        months.append(months[-1].replace(day=1) - timedelta(days=1))
    return months[::-1]


async def _read_days(store: Store, org_id: str, month: date) -> Mapping[str, int]:
    name = f"{month:%Y-%m}"
    days = await store.find(DayCounts, org_id, first=f"{name}-01", last=f"{name}-31")
    first, last = late_events_id(name, ""), late_events_id(name, _LAST_ID)
    return daily_usage(name, days, await store.find(LateEvents, org_id, first=first, last=last))
