"""Times are UTC with six fraction digits; ranges include both ends."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.ranges import parse_date_range, parse_moment_range
from api.domain.times import days_between, format_timestamp, parse_timestamp

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(MOMENTS)
def test_a_formatted_time_parses_to_the_same_time(moment: datetime):
    text = format_timestamp(moment)

    assert len(text) == 27
    assert parse_timestamp(text) == moment


@given(MOMENTS, MOMENTS)
def test_formatted_times_sort_by_time(one: datetime, two: datetime):
    assert (format_timestamp(one) < format_timestamp(two)) == (one < two)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-10T12:00:00Z", "2026-03-10T12:00:00.000000Z"),
        ("2026-03-10t12:00:00z", "2026-03-10T12:00:00.000000Z"),
        ("2026-03-10 12:00:00.5+05:30", "2026-03-10T06:30:00.500000Z"),
        ("2026-03-10T00:30:00-00:45", "2026-03-10T01:15:00.000000Z"),
        ("2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z"),
    ],
)
def test_offsets_and_fractions(text: str, utc: str):
    assert format_timestamp(parse_timestamp(text)) == utc


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-10",
        "2026-03-10T12:00:00",
        "2026-03-10T12:00Z",
        "2026-03-10T12:00:00.1234567Z",
        "2026-02-30T00:00:00Z",
        "2026-03-10T24:00:01Z",
        "2026-03-10T12:00:60Z",
        "20260310T120000Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2026-03-10T12:00:00.Z",
        "2026-03-10T12:00:00+0100",
        "٢٠٢٦-03-10T12:00:00Z",
        "2026-03-10T12:00:00Z\n",
    ],
)
def test_text_that_is_not_rfc_3339_is_refused(text: str):
    with pytest.raises(ValueError, match=r"must be RFC 3339|is not a valid time"):
        parse_timestamp(text)


def test_dates_are_inclusive_and_mean_whole_utc_days():
    first, last = parse_moment_range("2026-03-01", "2026-03-02", now=NOW)

    assert (first, last) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))


def test_an_end_time_is_inclusive():
    end = "2026-03-02T10:00:00Z"
    _, last = parse_moment_range(None, end, now=NOW)

    assert last == parse_timestamp(end) + timedelta(microseconds=1)


def test_the_default_is_the_last_30_days_up_to_today():
    first, last = parse_moment_range(None, None, now=NOW)
    days = parse_date_range(None, None, today=NOW.date())

    assert (first, last) == (datetime(2026, 2, 9, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC))
    assert days == (date(2026, 2, 9), date(2026, 3, 10))
    assert len(days_between(*days)) == 30


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("x", None, "start_date must be a date"),
        (None, "2026-13-01", "end_date is not a valid date"),
        ("2026-03-02", "2026-03-01", "start_date is after end_date"),
        (None, "9999-12-31", "end_date is too late"),
        (None, "0001-01-02", "start_date is required with this end_date"),
    ],
)
def test_the_error_names_the_invalid_end_of_the_range(
    start: str | None, end: str | None, message: str
):
    with pytest.raises(ValueError, match=message):
        parse_moment_range(start, end, now=NOW)


@pytest.mark.parametrize("end", ["9999-12-31", "2026-13-01"])
def test_the_error_names_the_invalid_end_of_a_range_of_days(end: str):
    with pytest.raises(ValueError, match=r"^end_date is "):
        parse_date_range(None, end, today=NOW.date())
