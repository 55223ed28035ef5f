"""Ranges of local days, and the hours, days, weeks and months that they consist of.

A time zone's local day begins at its first instant, also if the clocks change at midnight. Days
have 23 or 25 hours if the clocks change on them. A day that the time zone skipped completely is
left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from api.domain.times import ONE_DAY

RANGE_DAYS_MAX = 1_096  # three years, one of which is a leap year
HOURLY_DAYS_MAX = 45
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
UTC_ZONE = ZoneInfo("UTC")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_INSTANT = timedelta(microseconds=1)

type Shift = Callable[[date, LocalRange], date]
type Interval = Literal["hour", "day", "week", "month"]
type Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


@dataclass(frozen=True, slots=True)
class LocalRange:
    """The local days of a time zone from the first to the last, both included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """Return the first instant of the range, in UTC."""
        return start_of_local_day(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """Return the first instant after the range, in UTC."""
        return start_of_local_day(self.last + ONE_DAY, self.zone)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Buckets:
    """Intervals of time that follow each other without gaps.

    `labels` are the local times at which the calendar's intervals begin. `edges` are the instants
    in UTC between the buckets: the bucket `i` has the times edges[i] <= time < edges[i + 1].
    """

    labels: Sequence[datetime]
    edges: Sequence[datetime]

    @property
    def utc_days(self) -> tuple[str, str]:
        """Return the first and the last UTC day of the buckets."""
        return utc_days(self.edges[0], self.edges[-1])


def find_zone(name: str) -> ZoneInfo:
    """Return the time zone with this IANA name. Raises ValueError with a message for the client."""
    if name not in _zone_names():
        raise ValueError("must be an IANA time zone, such as Europe/Berlin or UTC")
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    machine = {"localtime", "Factory"}  # depend on this machine, or mean that no zone is set
    return frozenset(available_timezones() - machine)  # reads a folder for 20 ms


def utc_days(start: datetime, end: datetime) -> tuple[str, str]:
    """Return the first and the last UTC day of the times start <= time < end."""
    last = max(start, end - _INSTANT)
    return start.date().isoformat(), last.date().isoformat()


def start_of_local_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day, in UTC.

    If midnight occurs twice, this is the first one. If midnight is skipped, this is the instant at
    which the clocks are set forward.
    """
    return _instant(datetime.combine(day, time(), zone))


def start_of_interval(day: date, interval: Interval, week_start: Weekday) -> date:
    """Return the first day of the week or month that contains the day, or the day itself."""
    match interval:
        case "week":
            return day - timedelta(days=(day.weekday() - WEEKDAYS.index(week_start)) % 7)
        case "month":
            return day.replace(day=1)
        case _:
            return day


def starts_of_intervals(first: date, interval: Interval, week_start: Weekday) -> Iterator[date]:
    """Yield the start of the interval that contains the day, then of every interval after it."""
    start = start_of_interval(first, interval, week_start)
    while True:
        yield start
        start = _next_start(start, interval)


def buckets_of(span: LocalRange, interval: Interval, week_start: Weekday) -> Buckets:
    """Divide a range into the calendar's intervals.

    The first and the last interval may be partly outside the range. Such an interval is labelled
    with its own start, but contains only times of the range.
    """
    if interval == "hour":
        return _hours(span)
    labels: list[datetime] = []
    edges: list[datetime] = []
    for start in starts_of_intervals(span.first, interval, week_start):
        if start > span.last:
            break
        edge = start_of_local_day(max(start, span.first), span.zone)
        if edges and edge == edges[-1]:  # the zone skipped the day before
            labels.pop()
            edges.pop()
        labels.append(start_of_local_day(start, span.zone).astimezone(span.zone))
        edges.append(edge)
    return _without_empty_end(labels, [*edges, span.end])


def previous_period(day: date, span: LocalRange) -> date:
    """Return the day that lies before this day by the length of the range."""
    return day - timedelta(days=span.days)


def previous_year(day: date, _span: LocalRange) -> date:
    """Return the same day of the previous year. For 29 February, return 1 March."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1)


def previous_weeks(day: date, span: LocalRange) -> date:
    """Return the same weekday, earlier by the fewest whole weeks that are as long as the range."""
    return day - timedelta(weeks=-(-span.days // 7))


def shifted(
    buckets: Buckets, span: LocalRange, shift: Shift, until: datetime | None = None
) -> Buckets:
    """Return buckets with the same local times on the corresponding earlier days.

    A bucket is empty if its day or its hour doesn't exist in the other period. If a range isn't
    over yet, the earlier buckets end at the time that corresponds to `until`.
    """
    first, last = (
        start_of_local_day(shift(day, span), span.zone) for day in (span.first, span.last + ONE_DAY)
    )
    inner = [_shifted(edge, span, shift) for edge in buckets.edges[1:-1]]
    end = last if until is None else min(last, max(first, _shifted(until, span, shift)))
    # 29 February has no hours, and there are none after `until`
    ordered = [*accumulate([end, *reversed(inner), first], min)]
    return Buckets(buckets.labels, ordered[::-1])


def _shifted(edge: datetime, span: LocalRange, shift: Shift) -> datetime:
    local = edge.astimezone(span.zone)
    day = shift(local.date(), span)
    if edge == start_of_local_day(local.date(), span.zone):
        return start_of_local_day(day, span.zone)
    return _instant(datetime.combine(day, local.time(), span.zone))


def _hours(span: LocalRange) -> Buckets:
    labels: list[datetime] = []
    edges: list[datetime] = []
    moment, end = span.start, span.end
    while moment < end:
        local = moment.astimezone(span.zone)
        past = timedelta(minutes=local.minute, seconds=local.second)
        labels.append(local)
        edges.append(moment)
        moment += timedelta(hours=1) - past
    return Buckets(labels, [*edges, end])


def _without_empty_end(labels: list[datetime], edges: list[datetime]) -> Buckets:
    if len(labels) > 1 and edges[-2] == edges[-1]:
        return Buckets(labels[:-1], [*edges[:-2], edges[-1]])
    return Buckets(labels, edges)


def _next_start(start: date, interval: Interval) -> date:
    if interval == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=7 if interval == "week" else 1)


def _instant(wall: datetime) -> datetime:
    """Return the instant in UTC at which a clock shows this local time for the first time.

    If the clocks skip the time, return the instant at which they are set forward.
    """
    instant = wall.replace(fold=0).astimezone(UTC)
    if instant.astimezone(wall.tzinfo).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    before = wall.replace(fold=1).astimezone(UTC)  # in a gap, fold=1 is the earlier instant
    after = instant
    while after - before > _INSTANT:
        middle = before + (after - before) // 2
        if middle.astimezone(wall.tzinfo).replace(tzinfo=None) < wall.replace(tzinfo=None):
            before = middle
        else:
            after = middle
    return after
