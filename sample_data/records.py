"""The columns of each file of the sample data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

type Properties = dict[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Organization:
    org_id: str
    name: str
    plan: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    user_id: str
    email: str
    name: str
    role: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    user_id: str
    org_id: str
    role: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    event_id: str
    org_id: str
    user_id: str
    event_type: str
    properties: Properties
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class Metric:
    org_id: str
    date: date
    metric_name: str
    value: int | float


@dataclass(frozen=True, slots=True)
class MetricKind:
    """The kind of a metric, for `analytics seed`: `sum` adds up over days, `gauge` doesn't."""

    metric_name: str
    kind: str
    currency: str  # empty if the values aren't amounts of money


@dataclass(frozen=True, slots=True)
class SampleData:
    users: Sequence[User]
    organizations: Sequence[Organization]
    user_orgs: Sequence[Membership]
    events: Sequence[Event]  # by time, then id
    metrics: Sequence[Metric]
