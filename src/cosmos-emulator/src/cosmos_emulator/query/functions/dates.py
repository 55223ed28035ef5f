"""Date and time functions.

See https://learn.microsoft.com/cosmos-db/query/system-functions#date-and-time-functions. A date and
time is a string in the format of ISO 8601, in UTC. The functions calculate with ticks of 100
nanoseconds since 1970. They return undefined for an invalid date, an invalid part of a date, or a
result outside the years 1 to 9999.
"""

import calendar
import re
from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, date

from cosmos_emulator.query.functions.function import Function, any_value, any_values, arity, whole
from cosmos_emulator.query.values import UNDEFINED, Value, is_number

NOW = "$now"  # the parameter with the time of the request, in seconds since 1970
SECOND = 10_000_000  # ticks
DAY = 24 * 60 * 60 * SECOND
CLOCK = (24, 60, 60, SECOND)  # the ends of hours, minutes, seconds and ticks
EPOCH = date(1970, 1, 1).toordinal()
FORMAT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?)?Z?", re.ASCII
)

TICKS = {
    "day": DAY,
    "hour": 3_600 * SECOND,
    "minute": 60 * SECOND,
    "second": SECOND,
    "millisecond": 10_000,
    "microsecond": 10,
}
NANOSECONDS = 100  # per tick
ALIASES = {
    "year": ("yyyy", "yy"),
    "month": ("mm", "m"),
    "day": ("dd", "d"),
    "hour": ("hh",),
    "minute": ("mi", "n"),
    "second": ("ss", "s"),
    "millisecond": ("ms",),
    "microsecond": ("mcs",),
    "nanosecond": ("ns",),
}
PARTS = {name: part for part, names in ALIASES.items() for name in (part, *names)}


def parse(value: Value) -> int | None:
    """Return a date and time in ticks, or None if it is invalid."""
    found = FORMAT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day, *clock = (int(part or 0) for part in found.groups()[:-1])
    return compose((year, month, day), (*clock, int((found[7] or "").ljust(7, "0"))))


def compose(day: tuple[int, ...], clock: tuple[int, ...]) -> int | None:
    """Return (year, month, day) and (hour, minute, second, ticks) in ticks, or None if invalid."""
    hour, minute, second, fraction = clock
    if not all(0 <= part < end for part, end in zip(clock, CLOCK, strict=True)):
        return None
    try:
        days = date(*day).toordinal() - EPOCH
    except (ValueError, OverflowError):
        return None
    return days * DAY + ((hour * 60 + minute) * 60 + second) * SECOND + fraction


def text(ticks: int) -> Value:
    """Return ticks as a date and time, or undefined if the year isn't between 1 and 9999."""
    days, rest = divmod(ticks, DAY)
    try:
        day = date.fromordinal(days + EPOCH)
    except (ValueError, OverflowError):
        return UNDEFINED
    seconds, fraction = divmod(rest, SECOND)
    hour, minute, second = seconds // 3_600, seconds // 60 % 60, seconds % 60
    return f"{day.isoformat()}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z"


def is_date_time(value: Value) -> bool:
    """Return whether a value is a valid date and time."""
    return parse(value) is not None


def _part(value: Value) -> str | None:
    return PARTS.get(value.lower()) if isinstance(value, str) else None


def _months(ticks: int) -> int:
    day = date.fromordinal(ticks // DAY + EPOCH)
    return day.year * 12 + day.month - 1


def _add(part: Value, number: Value, when: Value) -> Value:
    unit, count, ticks = _part(part), whole(number), parse(when)
    if unit is None or count is None or ticks is None:
        return UNDEFINED
    if unit == "nanosecond":
        return text(ticks + int(count / NANOSECONDS))
    if unit in TICKS:
        return text(ticks + count * TICKS[unit])
    year, month = divmod(_months(ticks) + count * (12 if unit == "year" else 1), 12)
    if not MINYEAR <= year <= MAXYEAR:
        return UNDEFINED
    last = calendar.monthrange(year, month + 1)[1]
    day = min(date.fromordinal(ticks // DAY + EPOCH).day, last)
    return text((date(year, month + 1, day).toordinal() - EPOCH) * DAY + ticks % DAY)


def _difference(part: Value, start: Value, end: Value) -> Value:
    """Return how many boundaries of a part lie between two dates."""
    unit, first, last = _part(part), parse(start), parse(end)
    if unit is None or first is None or last is None:
        return UNDEFINED
    if unit == "nanosecond":
        return (last - first) * NANOSECONDS
    if unit in TICKS:
        return last // TICKS[unit] - first // TICKS[unit]
    size = 12 if unit == "year" else 1
    return _months(last) // size - _months(first) // size


def _component(part: Value, when: Value) -> Value:
    unit, ticks = _part(part), parse(when)
    if unit is None or ticks is None:
        return UNDEFINED
    day, fraction = date.fromordinal(ticks // DAY + EPOCH), ticks % SECOND
    fractions = {"millisecond": fraction // 10_000, "microsecond": fraction // 10}
    fractions["nanosecond"] = fraction * NANOSECONDS
    if unit in fractions:
        return fractions[unit]
    if unit in ("year", "month", "day"):
        return getattr(day, unit)
    return ticks // TICKS[unit] % (24 if unit == "hour" else 60)


def _bin(
    when: Value, part: Value, size: Value = 1, origin: Value = "1970-01-01T00:00:00Z"
) -> Value:
    ticks, unit, count, start = parse(when), _part(part), whole(size), parse(origin)
    if ticks is None or unit is None or count is None or start is None or count <= 0:
        return UNDEFINED
    if unit == "nanosecond":
        width = max(count // NANOSECONDS, 1)
    elif unit in TICKS:
        width = count * TICKS[unit]
    else:
        months = count * (12 if unit == "year" else 1)
        index = (_months(ticks) - _months(start)) // months * months + _months(start)
        return text((date(index // 12, index % 12 + 1, 1).toordinal() - EPOCH) * DAY)
    return text(start + (ticks - start) // width * width)


def _from_parts(*parts: Value) -> Value:
    numbers = [whole(part) for part in parts] + [0] * (7 - len(parts))
    known = [number for number in numbers if number is not None]
    ticks = compose(tuple(known[:3]), tuple(known[3:])) if len(known) == len(numbers) else None
    return UNDEFINED if ticks is None else text(ticks)


def _to_number(ticks_per_unit: int) -> Function:
    def converted(when: Value) -> Value:
        ticks = parse(when)
        return UNDEFINED if ticks is None else ticks // ticks_per_unit

    return any_value(converted)


def _from_number(ticks_per_unit: int) -> Function:
    def converted(value: Value) -> Value:
        number = whole(value) if is_number(value) else None
        return UNDEFINED if number is None else text(number * ticks_per_unit)

    return any_value(converted)


def _current(convert: Callable[[int], Value]) -> Function:
    def current(now: float) -> Value:
        return convert(int(now * SECOND))

    return Function(current, arity(0), NOW)


def _ago(now: float, part: Value, number: Value) -> Value:
    count = whole(number)
    return UNDEFINED if count is None else _add(part, -count, text(int(now * SECOND)))


def _of(part: str) -> Function:
    return any_value(lambda when: _component(part, when))


MILLISECOND = TICKS["millisecond"]
FUNCTIONS: dict[str, Function] = {
    "AGO": Function(_ago, arity(2), NOW),
    "DATETIMEADD": any_values(_add, 3),
    "DATETIMEBIN": any_values(_bin, 2, 4),
    "DATETIMEDIFF": any_values(_difference, 3),
    "DATETIMEFROMPARTS": any_values(_from_parts, 3, 7),
    "DATETIMEPART": any_values(_component, 2),
    "DATETIMETOTICKS": _to_number(1),
    "DATETIMETOTIMESTAMP": _to_number(MILLISECOND),
    "DAY": _of("day"),
    "GETCURRENTDATETIME": _current(text),
    "GETCURRENTDATETIMESTATIC": _current(text),
    "GETCURRENTTICKS": _current(int),
    "GETCURRENTTICKSSTATIC": _current(int),
    "GETCURRENTTIMESTAMP": _current(lambda ticks: ticks // MILLISECOND),
    "GETCURRENTTIMESTAMPSTATIC": _current(lambda ticks: ticks // MILLISECOND),
    "MONTH": _of("month"),
    "NOW": _current(text),
    "TICKSTODATETIME": _from_number(1),
    "TIMESTAMPTODATETIME": _from_number(MILLISECOND),
    "YEAR": _of("year"),
}
