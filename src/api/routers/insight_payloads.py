"""The bodies of insights: their schemas, and their conversion to queries.

`parse` methods check the rules that a schema can't express. Each `parse` method reports all faults
at once.
"""

from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Literal

from pydantic import Field

from api.domain import insight_filters as domain
from api.domain.calendars import (
    FIRST_DAY,
    HOURLY_DAYS_MAX,
    LAST_DAY,
    RANGE_DAYS_MAX,
    UTC_ZONE,
    Interval,
    LocalRange,
    Weekday,
    find_zone,
    starts_of_intervals,
)
from api.domain.insight_filters import FieldName
from api.domain.insights import (
    COHORTS_MAX,
    GROUPS_DEFAULT,
    GROUPS_MAX,
    OVERLAPPING_MAX,
    PERIODS_MAX,
    SERIES_MAX,
    STEPS_MAX,
    STEPS_MIN,
    WINDOW_MAX,
    WITHOUT_PROPERTY,
    Aggregate,
    Breakdown,
    CohortKind,
    Comparison,
    FunnelQuery,
    Order,
    RetentionQuery,
    ReturnMode,
    Scope,
    Series,
    Step,
    TrendQuery,
    overlapping_steps,
)
from api.domain.ranges import DEFAULT_DAYS
from api.domain.times import ONE_DAY, parse_date
from api.errors import FieldError
from api.routers.bodies import invalid_payload
from api.routers.filter_payloads import PROPERTY, FilterPayload, FilterReader, StrictPayload

_WINDOW_DEFAULT = timedelta(days=14)
USERS_DEFAULT, USERS_MAX = 50, 200
_EVENT_TYPE_MAX = 256  # characters; a stored type has at most 256 bytes


class InsightPayload(StrictPayload):
    """The range of days and the filters that select the events of an insight."""

    start_date: str | None = Field(
        default=None,
        description=f"The first local day; by default, the first of the last {DEFAULT_DAYS} days",
        examples=["2026-01-01"],
    )
    end_date: str | None = Field(
        default=None,
        description="The last local day, which is included; by default, today",
        examples=["2026-01-31"],
    )
    timezone: str = Field(
        default="UTC",
        description="The IANA time zone in which days begin",
        examples=["Europe/Berlin"],
    )
    filters: list[FilterPayload] = Field(default=[])

    def scope(self, reader: FilterReader, now: datetime) -> Scope:
        """Return the range and the filters of the query. The reader records any faults."""
        try:
            zone = find_zone(self.timezone)
        except ValueError as error:
            reader.fault("/timezone", "timezone_invalid", str(error))
            zone = UTC_ZONE
        last = _day(reader, "end_date", self.end_date) or now.astimezone(zone).date()
        first = _day(reader, "start_date", self.start_date) or last - (DEFAULT_DAYS - 1) * ONE_DAY
        if first > last:
            detail = f"must not be after end_date, which is {last}"
            reader.fault("/start_date", "range_invalid", detail)
        if (last - first).days >= RANGE_DAYS_MAX:
            detail = f"must be within {RANGE_DAYS_MAX} days before end_date"
            reader.fault("/start_date", "range_too_long", detail)
        return Scope(LocalRange(first, last, zone), reader.read(self.filters, "/filters"))


class StepPayload(StrictPayload):
    """Events of one type, or of any type, that meet all filters."""

    event_type: str | None = Field(default=None, max_length=_EVENT_TYPE_MAX)
    filters: list[FilterPayload] = Field(default=[])

    def step(self, reader: FilterReader, pointer: str) -> Step:
        return Step(self.event_type, reader.read(self.filters, f"{pointer}/filters"))


class SeriesPayload(StepPayload):
    """A measure of the events of a step."""

    aggregate: Aggregate = "total"
    property: str | None = Field(
        default=None, description=f"{PROPERTY}. Required by aggregates of numbers, such as `sum`"
    )

    def series(self, reader: FilterReader, pointer: str) -> Series:
        needs_property = self.aggregate not in WITHOUT_PROPERTY
        if needs_property and self.property is None:
            detail = f"must be present for {self.aggregate}"
            reader.fault(f"{pointer}/property", "missing", detail)
        if self.property is not None and not needs_property:
            detail = f"must not be sent with {self.aggregate}, which counts events or users"
            reader.fault(f"{pointer}/property", "extra_forbidden", detail)
        attribute = self.property is not None and reader.property(
            self.property, f"{pointer}/property"
        )
        return Series(self.step(reader, pointer), self.aggregate, attribute or None)


class BreakdownPayload(StrictPayload):
    """A division into groups by the most frequent values of a property or a field."""

    property: str | None = Field(default=None, description=PROPERTY)
    field: FieldName | None = None
    limit: int = Field(
        default=GROUPS_DEFAULT,
        ge=1,
        le=GROUPS_MAX,
        description="The number of values that have a group of their own",
    )

    def breakdown(self, reader: FilterReader) -> Breakdown | None:
        if (self.property is None) is (self.field is None):
            detail = "must have property or field, and not both"
            reader.fault("/breakdown", "breakdown_invalid", detail)
            return None
        if self.field is not None:
            return Breakdown(domain.Field(self.field), self.limit)
        return Breakdown(reader.property(self.property or "", "/breakdown/property"), self.limit)


class TrendsPayload(InsightPayload):
    """Measures of events over time."""

    series: list[SeriesPayload] = Field(min_length=1, max_length=SERIES_MAX)
    interval: Interval = "day"
    week_start: Weekday = "monday"
    breakdown: BreakdownPayload | None = None
    compare: Comparison | None = Field(
        default=None,
        description="Also return the figures of an earlier range of the same length: the range "
        "before, the same weekdays before, or the same days of the previous year. If the range "
        "isn't over yet, the earlier figures end at the same local time as now",
    )

    def parse(self, now: datetime) -> TrendQuery:
        """Return the query. Raises ApiError `invalid_payload`."""
        reader = FilterReader()
        scope = self.scope(reader, now)
        if self.interval == "hour" and scope.span.days > HOURLY_DAYS_MAX:
            detail = f"must be within {HOURLY_DAYS_MAX} days before end_date for the interval hour"
            reader.fault("/start_date", "range_too_long", detail)
        query = TrendQuery(
            scope,
            tuple(each.series(reader, f"/series/{i}") for i, each in enumerate(self.series)),
            self.interval,
            self.week_start,
            self.breakdown and self.breakdown.breakdown(reader),
            self.compare,
            _until(scope.span, now) if self.compare else None,
        )
        reader.check()
        return query


class FunnelPayload(InsightPayload):
    """The steps of a funnel, and the time within which users must complete them."""

    steps: list[StepPayload] = Field(min_length=STEPS_MIN, max_length=STEPS_MAX)
    window_seconds: int = Field(
        default=int(_WINDOW_DEFAULT.total_seconds()),
        ge=1,
        le=int(WINDOW_MAX.total_seconds()),
        description="The time from the first step to the last one, inclusive",
    )
    order: Order = "ordered"
    breakdown: BreakdownPayload | None = None

    def parse(self, now: datetime) -> FunnelQuery:
        """Return the query. Raises ApiError `invalid_payload`."""
        reader = FilterReader()
        query = FunnelQuery(
            self.scope(reader, now),
            tuple(each.step(reader, f"/steps/{i}") for i, each in enumerate(self.steps)),
            timedelta(seconds=self.window_seconds),
            self.order,
            self.breakdown and self.breakdown.breakdown(reader),
        )
        if self.order == "any" and overlapping_steps(query.steps) > OVERLAPPING_MAX:
            detail = (
                f"must have at most {OVERLAPPING_MAX} different steps that one event can match, "
                "if their order is any; give the steps different event types"
            )
            reader.fault("/steps", "too_many_overlapping_steps", detail)
        reader.check()
        return query


class DroppedUsersPayload(FunnelPayload):
    """A funnel, and the step after which users dropped off."""

    after_step: int = Field(
        ge=0, description="The index of the last step that the users reached; the first step is 0"
    )
    limit: int = Field(default=USERS_DEFAULT, ge=1, le=USERS_MAX)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")

    def parse(self, now: datetime) -> FunnelQuery:
        query = super().parse(now)
        if self.after_step > len(query.steps) - 2:
            detail = f"must be {len(query.steps) - 2} or less, because nobody drops off afterwards"
            raise invalid_payload(FieldError("/after_step", "less_than_equal", detail))
        return query


class RetentionPayload(InsightPayload):
    """The events that begin a cohort, and the events that count as returns of its users."""

    start: StepPayload = StepPayload()
    returning: StepPayload = Field(default=StepPayload(), alias="return")
    interval: Literal["day", "week", "month"] = "week"
    periods: int = Field(
        default=8, ge=1, le=PERIODS_MAX, description="Including the cohort's own interval"
    )
    cohorts: CohortKind = "first_time"
    mode: ReturnMode = "on"
    week_start: Weekday = "monday"

    def parse(self, now: datetime) -> RetentionQuery:
        """Return the query. Raises ApiError `invalid_payload`."""
        reader = FilterReader()
        query = RetentionQuery(
            self.scope(reader, now),
            self.start.step(reader, "/start"),
            self.returning.step(reader, "/return"),
            self.interval,
            self.periods,
            self.cohorts,
            self.mode,
            self.week_start,
        )
        if _cohorts(query) > COHORTS_MAX:
            detail = f"must leave at most {COHORTS_MAX} cohorts: choose a longer interval"
            reader.fault("/start_date", "too_many_cohorts", detail)
        reader.check()
        return query


def _until(span: LocalRange, now: datetime) -> datetime | None:
    """Return the current minute if it is in the range, or None.

    Whole minutes keep the entity tag of a result for a while.
    """
    return now.replace(second=0, microsecond=0) if span.start <= now < span.end else None


def _cohorts(query: RetentionQuery) -> int:
    span = query.scope.span
    starts = starts_of_intervals(span.first, query.interval, query.week_start)
    return sum(1 for _ in takewhile(lambda start: start <= span.last, starts))


def _day(reader: FilterReader, name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        day = parse_date(text)
    except ValueError as error:
        reader.fault(f"/{name}", "date_invalid", str(error))
        return None
    if not FIRST_DAY <= day <= LAST_DAY:
        detail = f"must be from {FIRST_DAY} to {LAST_DAY}"
        reader.fault(f"/{name}", "date_invalid", detail)
        return None
    return day
