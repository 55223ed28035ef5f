"""Definitions of insights (trends, funnels and retention) and their results."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from api.domain.calendars import Interval, LocalRange, Weekday
from api.domain.insight_filters import Attribute, Filter, Property, Scalar

SERIES_MAX = 10
STEPS_MIN, STEPS_MAX = 2, 10
OVERLAPPING_MAX = 5  # steps in any order that one event can match
WINDOW_MAX = timedelta(days=90)
PERIODS_MAX = 60
COHORTS_MAX = 366
GROUPS_MAX = 100
GROUPS_DEFAULT = 25

type Aggregate = Literal[
    "total",
    "unique_users",
    "sum",
    "average",
    "min",
    "max",
    "p50",
    "p90",
    "p95",
    "p99",
    "per_user",
]
type Comparison = Literal["previous_weeks", "previous_period", "previous_year"]
type Order = Literal["ordered", "strict", "any"]
type CohortKind = Literal["first_time", "recurring"]
type ReturnMode = Literal["on", "on_or_after"]
type Number = int | float

WITHOUT_PROPERTY: tuple[Aggregate, ...] = ("total", "unique_users", "per_user")
# the values of buckets and ranges without events; the other aggregates have none
EMPTY: dict[Aggregate, Number] = {"total": 0, "unique_users": 0, "sum": 0}


@dataclass(frozen=True, slots=True)
class Step:
    """The events of one type, or of any type if it is None, that meet all filters."""

    event_type: str | None
    filters: tuple[Filter, ...] = ()


def alternatives(steps: Sequence[Step]) -> list[list[Step]]:
    """Return the distinct steps in groups, so that an event can match steps of only one group."""
    distinct = list({repr(step): step for step in steps}.values())  # 1 == True, unlike their repr
    if any(step.event_type is None for step in distinct):
        return [distinct]
    types = dict.fromkeys(step.event_type for step in distinct)
    return [[step for step in distinct if step.event_type == each] for each in types]


def overlapping_steps(steps: Sequence[Step]) -> int:
    """Return how many different steps an event can match at most."""
    return max(map(len, alternatives(steps)))


@dataclass(frozen=True, slots=True)
class Scope:
    """The events that an insight is about: those of a range that meet all filters."""

    span: LocalRange
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A division into groups by the most frequent values of an attribute, up to a limit."""

    attribute: Attribute
    limit: int = GROUPS_DEFAULT


@dataclass(frozen=True, slots=True)
class Group:
    """A group of a breakdown: one value, all other values, or events without a value.

    `value` is a scalar, or a string with the JSON of an array or an object.
    """

    kind: Literal["value", "other", "none"]
    value: Scalar = ""


OTHER_GROUP = Group("other", "other")
NO_VALUE = Group("none", "(none)")


@dataclass(frozen=True, slots=True)
class Series:
    """A measure of the events of a step. `attribute` is the property that is aggregated."""

    step: Step
    aggregate: Aggregate
    attribute: Property | None = None


@dataclass(frozen=True, slots=True)
class TrendQuery:
    scope: Scope
    series: tuple[Series, ...]
    interval: Interval
    week_start: Weekday = "monday"
    breakdown: Breakdown | None = None
    compare: Comparison | None = None
    until: datetime | None = None  # the current time, if the range that is compared isn't over


@dataclass(frozen=True, slots=True)
class Figures:
    """The values of a series per bucket, and in the whole range.

    A value is None where there are no events to average, or no numbers to compare.
    """

    total: Number | None
    values: Sequence[Number | None]


@dataclass(frozen=True, slots=True)
class TrendLine:
    """A series of a trend, or one group of it."""

    index: int
    group: Group | None
    figures: Figures
    previous: Figures | None = None


@dataclass(frozen=True, slots=True)
class FunnelQuery:
    """A funnel of steps within a window from the first step.

    `ordered` counts users for whom the steps occurred in their order, with any other events between
    them. `strict` allows no other events of the user between them. `any` ignores the order.
    """

    scope: Scope
    steps: tuple[Step, ...]
    window: timedelta
    order: Order = "ordered"
    breakdown: Breakdown | None = None


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """The users who reached a step, and how long they took from the step before it.

    The conversions are shares between 0 and 1, or None if nobody could convert.
    """

    index: int
    users: int
    conversion_overall: float | None
    conversion_previous: float | None
    median_seconds: float | None
    average_seconds: float | None


@dataclass(frozen=True, slots=True)
class RetentionQuery:
    """A table of the users who return in the periods after their start event.

    A cohort of the kind `first_time` has the users whose first start event ever is in the interval.
    A `recurring` cohort has all users with a start event in the interval.
    """

    scope: Scope
    start: Step
    returning: Step
    interval: Interval
    periods: int
    cohorts: CohortKind = "first_time"
    mode: ReturnMode = "on"
    week_start: Weekday = "monday"


@dataclass(frozen=True, slots=True)
class Cell:
    """The users of a cohort who returned in a period.

    A cell is complete if its period has ended.
    """

    period: int
    users: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Cohort:
    date: date
    size: int
    cells: Sequence[Cell]


def share(part: int, whole: int) -> float | None:
    """Return the part divided by the whole, or None if the whole is 0."""
    return part / whole if whole else None


def pooled_rates(cohorts: Sequence[Cohort], periods: int) -> list[float | None]:
    """Return the share of all users who returned in each period, over complete cells only.

    A rate is None if no cohort with users has completed the period.
    """
    rates: list[float | None] = []
    for period in range(periods):
        complete = [cohort for cohort in cohorts if cohort.cells[period].complete]
        returned = sum(cohort.cells[period].users for cohort in complete)
        rates.append(share(returned, sum(cohort.size for cohort in complete)))
    return rates
