"""Buckets of time follow the calendar of a time zone, also where the clocks change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.calendars import (
    WEEKDAYS,
    Buckets,
    LocalRange,
    buckets_of,
    previous_period,
    previous_weeks,
    previous_year,
    shifted,
    start_of_interval,
    start_of_local_day,
)
from tests.fuzz.amount import FUZZ

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Cairo",
)
BERLIN = ZoneInfo("Europe/Berlin")
DAYS = st.dates(date(1995, 1, 1), date(2030, 12, 31))
SPANS = st.builds(
    lambda first, days, zone: LocalRange(first, first + timedelta(days), ZoneInfo(zone)),
    DAYS,
    st.integers(0, 40),
    st.sampled_from(ZONES),
)
INTERVALS = st.sampled_from(("hour", "day", "week", "month"))


def span(first: str, last: str, zone: ZoneInfo = BERLIN) -> LocalRange:
    return LocalRange(date.fromisoformat(first), date.fromisoformat(last), zone)


def labels(buckets: Buckets) -> list[str]:
    return [label.isoformat() for label in buckets.labels]


def hours(buckets: Buckets) -> list[float]:
    return [(end - start) / timedelta(hours=1) for start, end in pairwise(buckets.edges)]


def test_days_have_23_or_25_hours_when_the_clocks_change():
    spring = buckets_of(span("2026-03-28", "2026-03-30"), "day", "monday")
    autumn = buckets_of(span("2026-10-24", "2026-10-26"), "day", "monday")

    assert hours(spring) == [24, 23, 24]
    assert hours(autumn) == [24, 25, 24]
    assert labels(spring) == [
        "2026-03-28T00:00:00+01:00",
        "2026-03-29T00:00:00+01:00",
        "2026-03-30T00:00:00+02:00",
    ]


def test_the_skipped_hour_is_missing_and_the_repeated_hour_has_two_buckets():
    spring = buckets_of(span("2026-03-29", "2026-03-29"), "hour", "monday")
    autumn = buckets_of(span("2026-10-25", "2026-10-25"), "hour", "monday")

    assert labels(spring)[1:3] == ["2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"]
    assert labels(autumn)[2:4] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]
    assert (len(spring.labels), len(autumn.labels)) == (23, 25)


def test_weeks_and_months_are_labelled_with_their_start_but_contain_only_the_range():
    weeks = buckets_of(span("2026-01-15", "2026-01-20"), "week", "monday")
    months = buckets_of(span("2026-01-15", "2026-02-02"), "month", "monday")

    assert labels(weeks) == ["2026-01-12T00:00:00+01:00", "2026-01-19T00:00:00+01:00"]
    assert hours(weeks) == [4 * 24, 2 * 24]
    assert labels(months) == ["2026-01-01T00:00:00+01:00", "2026-02-01T00:00:00+01:00"]
    assert hours(months) == [17 * 24, 2 * 24]


@pytest.mark.parametrize("weekday", WEEKDAYS)
def test_a_week_can_start_on_any_day(weekday: str):
    start = start_of_interval(date(2026, 1, 15), "week", weekday)

    assert f"{start:%A}".lower() == weekday
    assert timedelta() <= date(2026, 1, 15) - start < timedelta(days=7)


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        ("2026-01-01", "UTC", "2026-01-01T00:00"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00"),
        ("2026-11-01", "America/Havana", "2026-11-01T04:00"),
        ("1919-03-31", "America/Toronto", "1919-03-31T04:30"),
    ],
    ids=["no change", "midnight is skipped", "midnight is repeated", "midnight is inside the gap"],
)
def test_a_day_begins_at_its_first_instant(day: str, zone: str, instant: str):
    start = start_of_local_day(date.fromisoformat(day), ZoneInfo(zone))

    assert start == datetime.fromisoformat(f"{instant}+00:00")


def test_a_day_that_a_zone_skipped_has_no_bucket():
    buckets = buckets_of(
        span("2011-12-29", "2011-12-31", ZoneInfo("Pacific/Apia")), "day", "monday"
    )
    alone = buckets_of(span("2011-12-30", "2011-12-30", ZoneInfo("Pacific/Apia")), "day", "monday")

    assert [f"{label:%d}" for label in buckets.labels] == ["29", "31"]
    assert hours(buckets) == [24, 24]
    assert hours(alone) == [0]


def test_the_previous_period_has_the_same_number_of_days():
    days = span("2026-03-28", "2026-03-30")
    before = shifted(buckets_of(days, "day", "monday"), days, previous_period)

    assert before.edges[0] == datetime(2026, 3, 24, 23, tzinfo=UTC)
    assert hours(before) == [24, 24, 24]
    assert before.edges[-1] == days.start


@pytest.mark.parametrize(("days", "weeks"), [(1, 1), (7, 1), (8, 2), (30, 5)])
def test_weekdays_are_compared_with_the_same_weekdays(days: int, weeks: int):
    first = date(2026, 5, 4)
    range_ = LocalRange(first, first + timedelta(days=days - 1), ZoneInfo("UTC"))
    before = shifted(buckets_of(range_, "day", "monday"), range_, previous_weeks)

    assert before.edges[0] == range_.start - timedelta(weeks=weeks)
    assert before.edges[-1] == range_.end - timedelta(weeks=weeks)


def test_an_unfinished_day_is_compared_with_the_same_hours():
    days = span("2026-03-30", "2026-04-01")
    now = datetime(2026, 3, 31, 7, 30, tzinfo=UTC)  # 9:30 in Berlin
    before = shifted(buckets_of(days, "day", "monday"), days, previous_period, now)

    assert hours(before) == [24, 9.5, 0]


def test_hours_are_compared_with_the_same_local_hours():
    autumn = span("2026-10-25", "2026-10-25")
    buckets = buckets_of(autumn, "hour", "monday")
    before = shifted(buckets, autumn, previous_period)

    assert len(before.edges) == len(buckets.edges)
    assert hours(before) == [1, 1, 0, *[1] * 22]


def test_29_february_is_compared_with_nothing():
    leap = span("2024-02-28", "2024-03-01")
    before = shifted(buckets_of(leap, "day", "monday"), leap, previous_year)

    assert hours(before) == [24, 0, 24]
    assert before.edges[0] == datetime(2023, 2, 27, 23, tzinfo=UTC)
    assert sum(hours(shifted(buckets_of(leap, "hour", "monday"), leap, previous_year))) == 48


@FUZZ
@given(SPANS, INTERVALS, st.sampled_from(WEEKDAYS))
def test_buckets_cover_the_range_without_gaps(days: LocalRange, interval: str, weekday: str):
    buckets = buckets_of(days, interval, weekday)

    assert len(buckets.edges) == len(buckets.labels) + 1
    assert (buckets.edges[0], buckets.edges[-1]) == (days.start, days.end)
    if days.start < days.end:
        assert all(start < end for start, end in pairwise(buckets.edges))
    assert len(set(labels(buckets))) == len(buckets.labels)


@FUZZ
@given(SPANS, st.sampled_from(("day", "week", "month")), st.sampled_from(WEEKDAYS))
def test_every_noon_is_in_the_bucket_of_its_day_week_or_month(
    days: LocalRange, interval: str, weekday: str
):
    buckets = buckets_of(days, interval, weekday)
    for offset in range(days.days):
        day = days.first + timedelta(days=offset)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=days.zone).astimezone(UTC)
        if noon.astimezone(days.zone).date() != day:
            continue  # the zone skipped the day
        found = [
            label
            for label, (start, end) in zip(buckets.labels, pairwise(buckets.edges), strict=True)
            if start <= noon < end
        ]
        assert [label.date() for label in found] == [start_of_interval(day, interval, weekday)]


@FUZZ
@given(SPANS, INTERVALS, st.sampled_from((previous_period, previous_year)))
def test_a_comparison_has_as_many_buckets_in_order(days: LocalRange, interval: str, shift):
    buckets = buckets_of(days, interval, "monday")
    before = shifted(buckets, days, shift)

    assert len(before.edges) == len(buckets.edges)
    assert all(start <= end for start, end in pairwise(before.edges))
    if shift is previous_period:
        assert before.edges[-1] == days.start
