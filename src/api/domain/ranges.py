"""Parse time ranges. A date means the whole UTC day, and both ends of a range are included."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from api.domain.times import ONE_DAY, parse_date, parse_timestamp, start_of_day

DEFAULT_DAYS = 30
_DECODED_PLUS = re.compile(r"\S+ \d\d:\d\d", re.ASCII)
_INSTANT = timedelta(microseconds=1)


def parse_moment_range(
    start: str | None, end: str | None, *, now: datetime
) -> tuple[datetime, datetime]:
    """Parse dates or RFC 3339 times to the range first <= time < last.

    The default range is the last 30 days. Raises ValueError with a message that starts with the
    parameter's name.
    """
    today = start_of_day(now.date())
    last = _named("end_date", parse_end, end) if end is not None else today + ONE_DAY
    first = _named("start_date", parse_start, start) if start is not None else _days_before(last)
    _require(first < last)  # `last` is not part of the range
    return first, last


def parse_date_range(start: str | None, end: str | None, *, today: date) -> tuple[date, date]:
    """Parse dates to the first and the last day of a range, both included.

    The default range is the last 30 days. Raises ValueError like `parse_moment_range`.
    """
    last = _named("end_date", parse_date, end) if end is not None else today
    if last == date.max:  # the day after the range doesn't exist
        raise ValueError("end_date is too late")
    default = max(last.toordinal() - DEFAULT_DAYS + 1, 1)
    fallback = date.fromordinal(default)
    first = fallback if start is None else _named("start_date", parse_date, start)
    _require(first <= last)
    return first, last


def parse_start(text: str) -> datetime:
    """Return the time, or the start of the date. Raises ValueError with a message."""
    return start_of_day(parse_date(text)) if _is_date(text) else parse_timestamp(text)


def parse_end(text: str) -> datetime:
    """Return the first instant after the time or after the date.

    Raises ValueError with a message.
    """
    try:
        if _is_date(text):
            return start_of_day(parse_date(text)) + ONE_DAY
        return parse_timestamp(text) + _INSTANT
    except OverflowError as error:
        raise ValueError("is too late") from error


def _is_date(text: str) -> bool:
    return ":" not in text


def _days_before(last: datetime) -> datetime:
    try:
        return last - timedelta(days=DEFAULT_DAYS)
    except OverflowError as error:
        raise ValueError("start_date is required with this end_date") from error


def _named[T](name: str, parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        if _DECODED_PLUS.fullmatch(text) and "T" in text.upper():
            hint = "has a space before its offset; in a URL, write + as %2B"
            raise ValueError(f"{name} {hint}") from error
        raise ValueError(f"{name} {error}") from error


def _require(in_order: bool) -> None:  # noqa: FBT001 - the only argument
    if not in_order:
        raise ValueError("start_date is after end_date")
