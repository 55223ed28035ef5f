"""The schemas of the results of insights."""

from typing import Literal

from pydantic import BaseModel, Field

from api.domain.calendars import Interval
from api.routers.insight_responses import FreshResult

type Value = float | int | None
type Scalar = str | int | float | bool


class GroupValue(BaseModel):
    """A group of a breakdown."""

    kind: Literal["value", "other", "none"] = Field(
        description="`other` is the group of all other values, and `none` that of events without "
        "a value"
    )
    value: Scalar = Field(
        description="The value; the JSON of an array or an object is text", examples=["pro"]
    )


class TrendFigures(BaseModel):
    """The values of a series per interval, and in the whole range.

    A value is null if there were no events to average or no numbers to compare.
    """

    total: Value = Field(description="Distinct users are distinct over the whole range")
    values: list[Value]


class TrendSeries(TrendFigures):
    """A series of the query, or one group of it."""

    index: int = Field(description="The index of the series in the query")
    breakdown: GroupValue | None
    previous: TrendFigures | None = Field(
        default=None, description="The figures of the earlier range, if the query has `compare`"
    )


class TrendsResult(FreshResult):
    """The series of a trend, most frequent group first."""

    timezone: str
    interval: Interval
    buckets: list[str] = Field(
        description="The local times at which the intervals begin",
        examples=[["2026-01-01T00:00:00+01:00"]],
    )
    series: list[TrendSeries]


class FunnelStepResult(BaseModel):
    """The users who reached a step, and how long they took from the step before it, if any."""

    index: int
    users: int
    conversion_overall: float | None = Field(
        description="The share of the users of the first step, from 0 to 1; null if it has none"
    )
    conversion_previous: float | None = Field(description="The share of the users of the last step")
    median_seconds: float | None
    average_seconds: float | None


class FunnelGroup(GroupValue):
    """The funnel of the users whose first event is in one group."""

    steps: list[FunnelStepResult]


class FunnelResult(FreshResult):
    """The steps of a funnel."""

    steps: list[FunnelStepResult]
    breakdowns: list[FunnelGroup] | None = None


class DroppedUser(BaseModel):
    """A user who reached a step but not the next one."""

    user_id: str
    reached_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])


class DroppedUserList(FreshResult):
    """A page of users, by user id. `next_cursor` is null on the last page only."""

    data: list[DroppedUser]
    next_cursor: str | None


class RetentionCell(BaseModel):
    """The users of a cohort who returned in a period."""

    period: int
    users: int
    complete: bool = Field(description="False if the period hasn't ended yet")


class RetentionCohort(BaseModel):
    """The users whose start event was in an interval."""

    date: str = Field(description="The first local day of the interval", examples=["2026-01-05"])
    size: int
    values: list[RetentionCell]


class RetentionRate(BaseModel):
    """The share of all users who returned in a period, over complete cells."""

    period: int
    rate: float | None = Field(description="Null if no cohort has completed the period")


class RetentionResult(FreshResult):
    """The cohorts of a retention table, oldest first."""

    cohorts: list[RetentionCohort]
    overall: list[RetentionRate]


class PropertyValue(BaseModel):
    """A value of a property, and the number of events that have it."""

    value: Scalar
    events: int


class PropertyDescription(BaseModel):
    """A property of the events of one type."""

    event_type: str
    name: str
    types: list[str] = Field(
        description="JSON types: `string`, `number`, `boolean`, `array` and `object`"
    )
    events: int = Field(description="The number of events with the property")
    values: list[PropertyValue] = Field(description="The most frequent values, if they are short")


class PropertyList(FreshResult):
    """Properties, sorted by event type and then by frequency, most frequent first."""

    data: list[PropertyDescription]


class UserDescription(BaseModel):
    """A user who sent events."""

    user_id: str
    first_seen: str = Field(examples=["2026-01-01T09:30:00.123456Z"])
    last_seen: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    events: int
    last_properties: dict[str, object] = Field(description="The properties of the last event")


class UserList(FreshResult):
    """A page of users, the one with the latest event first.

    `next_cursor` is null on the last page only.
    """

    data: list[UserDescription]
    next_cursor: str | None


class UserEventType(BaseModel):
    """A user's events of one type."""

    event_type: str
    first_seen: str
    last_seen: str
    events: int


class UserProfile(FreshResult):
    """A user, and the number of their events per type, most frequent first."""

    user_id: str
    first_seen: str
    last_seen: str
    events: int
    event_types: list[UserEventType]
