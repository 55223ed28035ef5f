"""Times as text in UTC with six fraction digits, so that sorting the text sorts by time."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
ONE_DAY = timedelta(days=1)
MIN_DAY, MAX_DAY = "0001-01-01", "9999-12-31"  # that a timestamp can have

type Clock = Callable[[], datetime]  # returns aware UTC times


def format_timestamp(moment: datetime) -> str:
    """Format a time as `YYYY-MM-DDTHH:MM:SS.ffffffZ`, which always has 27 characters."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def parse_timestamp(text: str) -> datetime:
    """Parse an RFC 3339 time with an offset and at most six fraction digits, as UTC.

    Raises ValueError with a message for the client.
    """
    if not _RFC3339.fullmatch(text):
        raise ValueError(
            "must be RFC 3339 with an offset and at most 6 fraction digits, "
            "such as 2026-01-31T09:30:00.123456Z"
        )
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("is not a valid time; check the day, the hour and the offset") from error


def parse_date(text: str) -> date:
    """Parse a date in the format `YYYY-MM-DD`. Raises ValueError with a message for the client."""
    if not _DATE.fullmatch(text):
        raise ValueError("must be a date such as 2026-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("is not a valid date") from error


def start_of_day(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def days_between(first: date, last: date) -> list[date]:
    """Return every day from first to last, both included."""
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def is_within(span: timedelta, since: datetime, now: datetime) -> bool:
    """Return whether less time than `span` has passed since `since`.

    Return False if the clock was set back.
    """
    return timedelta() <= now - since < span
