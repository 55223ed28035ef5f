"""The parts that the statements of all insights have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Any

from api.domain.events import INTEGER_MAX
from api.domain.insights import Number
from api.domain.times import format_timestamp
from api.lake.protocol import Statement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Scan:
    """A statement, and the UTC days whose events it reads, both included."""

    statement: Statement
    first_day: str
    last_day: str


class Arguments:
    """The parameters of one statement. Equal values of the same type share a parameter."""

    def __init__(self) -> None:
        self._names: dict[tuple[type, str], str] = {}
        self._values: dict[str, Any] = {}

    def add(self, value: object) -> str:
        """Return the placeholder of a parameter with this value."""
        key = (type(value), repr(value))
        if key not in self._names:
            self._names[key] = f"p{len(self._names)}"
            self._values[self._names[key]] = value
        return f"${self._names[key]}"

    def scan(self, sql: str, days: tuple[str, str]) -> Scan:
        """Return the statement with these parameters, which reads the UTC days from..to."""
        values: Mapping[str, Any] = self._values
        return Scan(Statement(sql, values), *days)


def micros(moment: datetime) -> int:
    """Return the microseconds from 1970 to this time, as DuckDB's epoch_us does."""
    return (moment - _EPOCH) // _MICROSECOND


def format_micros(instant: int) -> str:
    """Return the time of a result in the format of an event's timestamp."""
    return format_timestamp(_EPOCH + instant * _MICROSECOND)


def width(duration: timedelta) -> int:
    """Return a duration in microseconds."""
    return duration // _MICROSECOND


def between(arguments: Arguments, start: datetime | None, end: datetime) -> str:
    """Return the condition start <= timestamp < end. Without a start, there is no lower limit."""
    upper = f'"timestamp" < {arguments.add(end)}'
    return upper if start is None else f'"timestamp" >= {arguments.add(start)} AND {upper}'


def bucket(arguments: Arguments, edges: Sequence[datetime], time: str) -> str:
    """Return the expression for the index of the bucket that contains a time in microseconds.

    Successive buckets of equal width need one division. Only where the width changes, as at the
    hours at which the clocks change, the expression compares the time with an edge.
    """
    instants = [micros(edge) for edge in edges]
    runs: list[tuple[int, int, int]] = []  # the first instant, the width and the first index
    for index, (start, end) in enumerate(pairwise(instants)):
        if not runs or runs[-1][1] != end - start:
            runs.append((start, end - start, index))
    return _choose(arguments, [run for run in runs if run[1]], time)


def _choose(arguments: Arguments, runs: Sequence[tuple[int, int, int]], time: str) -> str:
    """Return an expression for the run of buckets that contains the time, by binary search."""
    if not runs:
        return "0"
    if len(runs) == 1:
        start, length, index = runs[0]
        return (
            f"(({time} - {arguments.add(start)}) // {arguments.add(length)} "
            f"+ {arguments.add(index)})"
        )
    middle = len(runs) // 2
    edge = arguments.add(runs[middle][0])
    before, after = runs[:middle], runs[middle:]
    return (
        f"(CASE WHEN {time} < {edge} THEN {_choose(arguments, before, time)} "
        f"ELSE {_choose(arguments, after, time)} END)"
    )


def as_number(value: float | None) -> Number | None:
    """Return a result as an integer if it is one, and None if it isn't a finite number."""
    if value is None or isinstance(value, int):
        return value
    if not isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) <= INTEGER_MAX else value
