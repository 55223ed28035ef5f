"""Routes for daily metrics and event types, for dashboards."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.auth.caller import METRICS_READ, Caller
from api.dependencies import Now, StoreDep, requires
from api.domain.metrics import RANGE_DAYS_MAX
from api.domain.ranges import parse_date_range
from api.errors import ApiError
from api.routers.parameters import OrgParameters
from api.routers.problem_schema import problem_responses
from api.services import metrics

NAMES_MAX = 50

router = APIRouter(tags=["metrics"])


class DateRange(OrgParameters):
    """A range of whole UTC days, both ends included. The default range is the last 30 days."""

    start_date: str | None = Field(default=None, examples=["2026-01-01"])
    end_date: str | None = Field(default=None, examples=["2026-01-31"])

    def days(self, now: datetime) -> tuple[date, date]:
        """Return the first and the last day. Raises ApiError `invalid_parameter`."""
        try:
            first, last = parse_date_range(self.start_date, self.end_date, today=now.date())
        except ValueError as error:
            raise ApiError("invalid_parameter", f"{error}.") from error
        if (last - first).days >= RANGE_DAYS_MAX:
            raise ApiError("invalid_parameter", f"The range must not exceed {RANGE_DAYS_MAX} days.")
        return first, last


class SummaryParameters(DateRange):
    """The metrics to summarise, and the range of days."""

    metrics: list[str] = Field(
        default=[], max_length=NAMES_MAX, description="May be repeated; by default, all metrics"
    )
    metrics_in_brackets: list[str] = Field(
        default=[],
        max_length=NAMES_MAX,
        alias="metrics[]",
        description="Alternative name of `metrics`",
    )


class DailyValue(BaseModel):
    """A metric's value on one day.

    The value is null if a gauge has no reading, and while the day's distinct users are being
    rebuilt.
    """

    date: str
    value: float | int | None


class MetricSummary(BaseModel):
    """A metric's daily values and its total. Gauges have no total.

    The total of a `unique` metric is the number of distinct users in the whole range. The total is
    null while the users of a day in the range are being rebuilt.
    """

    name: str
    kind: Literal["count", "sum", "gauge", "unique"]
    total: float | int | None
    currency: str | None = Field(
        default=None,
        description="The ISO 4217 code of amounts of money; null for other metrics",
        examples=["EUR"],
    )
    daily: list[DailyValue]


class MetricsSummary(BaseModel):
    """The requested metrics, with a value for every day of the range."""

    org_id: str
    start_date: str
    end_date: str
    metrics: list[MetricSummary]


class EventTypeCount(BaseModel):
    """The number of events of one type in the range."""

    event_type: str
    count: int


class EventTypeList(BaseModel):
    """The event types of the range, most frequent first."""

    org_id: str
    start_date: str
    end_date: str
    event_types: list[EventTypeCount]


@router.get(
    "/api/v1/metrics/summary",
    operation_id="summarize_metrics",
    response_model=MetricsSummary,
    responses=problem_responses(400, 401, 403, 422, 429, 503),
)
async def summarize_metrics(
    parameters: Annotated[SummaryParameters, Query()],
    store: StoreDep,
    caller: Annotated[Caller, requires(METRICS_READ)],
    now: Now,
) -> Response:
    """Return daily values and totals of metrics: event counts, distinct users, loaded metrics."""
    first, last = parameters.days(now)
    names = [*parameters.metrics, *parameters.metrics_in_brackets]
    found = await metrics.summarize_metrics(
        store, caller.org_id, first=first, last=last, names=names
    )
    summary = {
        "org_id": caller.org_id,
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
        "metrics": [_summary(series) for series in found],
    }
    # Creating a model for each day of a year would take longer than the rest of the request.
    return Response(orjson.dumps(summary), media_type="application/json")


def _summary(series: metrics.MetricSeries) -> dict[str, Any]:
    return {
        "name": series.name,
        "kind": series.kind,
        "total": series.total,
        "currency": series.currency or None,
        "daily": [{"date": day, "value": value} for day, value in series.daily],
    }


@router.get(
    "/api/v1/event-types",
    operation_id="list_event_types",
    responses=problem_responses(400, 401, 403, 429, 503),
)
async def list_event_types(
    parameters: Annotated[DateRange, Query()],
    store: StoreDep,
    caller: Annotated[Caller, requires(METRICS_READ)],
    now: Now,
) -> EventTypeList:
    """List the names and counts of event types in a date range, for example to offer a filter."""
    first, last = parameters.days(now)
    counts = await metrics.list_event_types(store, caller.org_id, first=first, last=last)
    return EventTypeList(
        org_id=caller.org_id,
        start_date=first.isoformat(),
        end_date=last.isoformat(),
        event_types=[EventTypeCount(event_type=name, count=count) for name, count in counts],
    )
