"""Metrics: their kinds, their names, their daily values and their totals."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

RANGE_DAYS_MAX = 366
EVENTS = "events"
ACTIVE_USERS = "active_users"
TYPE_PREFIX = "events."
BUILT_IN = {EVENTS: "count", ACTIVE_USERS: "unique"}
LOADED_KINDS = ("sum", "gauge")
CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric whose values are loaded from a file. A metric of the kind `gauge` has no total."""

    org_id: str
    name: str
    kind: str
    currency: str = ""  # the ISO 4217 code of the values; empty if they aren't amounts of money


@dataclass(frozen=True, slots=True)
class MetricValue:
    org_id: str
    name: str
    date: str
    value: float


@dataclass(frozen=True, slots=True)
class MetricSeries:
    """A metric with a value for every day of a range, and a total. Gauges have no total.

    A day's value is None if a gauge has no reading, or while the day's distinct users are being
    rebuilt.
    """

    name: str
    kind: str
    total: float | None
    daily: Sequence[tuple[str, float | None]]
    currency: str = ""


def check_currency(code: str) -> str:
    """Return the code, or raise ValueError if it can't be one of ISO 4217."""
    if not CURRENCY.fullmatch(code):
        raise ValueError(f"currency {code!r} must be a code of ISO 4217, such as EUR")
    return code


def series(name: str, kind: str, days: Sequence[date], values: Mapping[str, float]) -> MetricSeries:
    """Return the series of a metric of the kind `count`, `sum` or `gauge`.

    The value of a day without data is 0, or None for a gauge.
    """
    missing = None if kind == "gauge" else 0
    daily = [(day.isoformat(), values.get(day.isoformat(), missing)) for day in days]
    total = None if kind == "gauge" else sum(value or 0 for _, value in daily)
    return MetricSeries(name, kind, total, daily)
