"""Read metric values from CSV or JSON Lines, and collect every invalid line with its number."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import orjson

from api.cli import csv_tables
from api.cli.row_reader import BOM
from api.domain.metrics import BUILT_IN, TYPE_PREFIX, MetricValue
from api.domain.times import parse_date

COLUMNS = ("org_id", "metric", "date", "value")
_ALIASES = {"metric_name": "metric"}  # as in the sample data
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_JSON_SUFFIXES = {".ndjson", ".jsonl", ".json"}

type Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class InvalidLine:
    """A line that can't be loaded, and why."""

    line: int
    reason: str


@dataclass(slots=True)
class MetricRows:
    """The values and the invalid lines of a file.

    `lines` contains the line number of each value.
    """

    values: list[MetricValue] = field(default_factory=list[MetricValue])
    lines: list[int] = field(default_factory=list[int])
    bad: list[InvalidLine] = field(default_factory=list[InvalidLine])


def read_metric_rows(path: Path) -> MetricRows:
    """Read the file. A line that repeats a value of an earlier line is ignored.

    Raises UnusableFile for a CSV file that lacks one of the COLUMNS, isn't UTF-8 or isn't valid
    CSV.
    """
    rows, seen = MetricRows(), dict[Key, tuple[int, float]]()
    for line, row in _rows(path):
        try:
            value = _value(row)
            is_new = _is_new(line, value, seen)
        except ValueError as error:
            rows.bad.append(InvalidLine(line, str(error)))
        else:
            if is_new:
                rows.values.append(value)
                rows.lines.append(line)
    return rows


def _is_new(line: int, value: MetricValue, seen: dict[Key, tuple[int, float]]) -> bool:
    """Return whether no earlier line has this value.

    Raises ValueError if an earlier line has another value for the same metric and day.
    """
    first, known = seen.setdefault((value.org_id, value.name, value.date), (line, value.value))
    if known != value.value:
        raise ValueError(f"repeats line {first} with another value")
    return first == line


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Yield each row, or the reason why its line is invalid, with the line number."""
    if path.suffix.lower() in _JSON_SUFFIXES:
        return _json_rows(path)
    return csv_tables.read_rows(path, COLUMNS, aliases=_ALIASES)


def _json_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    with path.open("rb") as file:
        for line, text in enumerate(file, 1):
            if content := text.removeprefix(BOM if line == 1 else b"").strip():
                yield line, _parse_json(content)


def _parse_json(text: bytes) -> Mapping[str, Any] | str:
    try:
        row = orjson.loads(text)
    except orjson.JSONDecodeError:
        return "is not valid JSON"
    if not isinstance(row, dict):
        return "must be a JSON object"
    members = cast("dict[str, Any]", row)
    renamed = {_ALIASES.get(name, name): value for name, value in members.items()}
    return renamed if len(renamed) == len(members) else "names its metric twice"


def _value(row: Mapping[str, Any] | str) -> MetricValue:
    """Return the value of a row. Raises ValueError with the reason if the row is invalid."""
    if isinstance(row, str):
        raise ValueError(row)  # noqa: TRY004 - the text is the reason why the line is bad
    for name in COLUMNS:
        if row.get(name) in (None, ""):
            raise ValueError(f"has no {name}")
    org_id, name, day = (_text(row, column) for column in COLUMNS[:3])
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"metric {name[:40]!r} must be 1 to 100 letters, digits and any of _ . -, and begin "
            "with a letter"
        )
    if name in BUILT_IN or name.startswith(TYPE_PREFIX):
        raise ValueError(f"metric {name!r} is counted from events and can't be loaded")
    try:
        date = parse_date(day).isoformat()
    except ValueError as error:
        raise ValueError(f"date {error}") from error
    return MetricValue(org_id, name, date, _number(row["value"]))


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a string")  # noqa: TRY004 - as above
    return value.strip()


def _number(value: object) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_text = isinstance(value, str) and _NUMBER.fullmatch(value.strip())
    try:
        number = float(cast("str", value)) if is_number or is_text else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("value must be a finite number")
    return number
