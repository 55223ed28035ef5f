"""Metrics: their kinds, their names, and how daily values become a total."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

RANGE_DAYS_MAX = 366
EVENTS = "events"
ACTIVE_USERS = "active_users"
TYPE_PREFIX = "events."
BUILT_IN = {EVENTS: "count", ACTIVE_USERS: "unique"}
LOADED_KINDS = ("sum", "gauge")


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric loaded from outside; its values add up (`sum`) or don't (`gauge`)."""

    org_id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class MetricValue:
    org_id: str
    name: str
    date: str
    value: float


@dataclass(frozen=True, slots=True)
class MetricSeries:
    """One metric over a range: a value for every day; gauges have no total.

    None means that a gauge has no reading, or that distinct users are being rebuilt.
    """

    name: str
    kind: str
    total: float | None
    daily: Sequence[tuple[str, float | None]]


def series(name: str, kind: str, days: Sequence[date], values: Mapping[str, float]) -> MetricSeries:
    """Return a `count`, `sum` or `gauge` by day. A missing value is 0, for a gauge None."""
    missing = None if kind == "gauge" else 0
    daily = [(day.isoformat(), values.get(day.isoformat(), missing)) for day in days]
    total = None if kind == "gauge" else sum(value or 0 for _, value in daily)
    return MetricSeries(name, kind, total, daily)
