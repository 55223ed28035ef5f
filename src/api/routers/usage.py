"""The route that reports how many events an organisation sent."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, Field

from api.auth.caller import METRICS_READ, Caller
from api.dependencies import Now, StoreDep, require_digits, requires
from api.domain.usage import MONTHS_MAX
from api.routers.parameters import OrgParameters
from api.routers.problem_schema import problem_responses
from api.services import usage

router = APIRouter(tags=["metrics"])


class UsageParameters(OrgParameters):
    """The number of months to report."""

    months: Annotated[int, BeforeValidator(require_digits)] = Field(
        default=1, ge=1, le=MONTHS_MAX, description="The current month and the months before it"
    )


class DayUsage(BaseModel):
    """The number of events that were received on a UTC day."""

    date: str
    events: int


class MonthUsage(BaseModel):
    """The number of events that were received in a month (UTC), in total and per day."""

    month: str = Field(examples=["2026-01"])
    events: int
    daily: list[DayUsage]


class Usage(BaseModel):
    """The organisation's usage, oldest month first.

    An event counts when it is received, whatever its timestamp is.
    """

    org_id: str
    months: list[MonthUsage]


@router.get(
    "/api/v1/usage",
    operation_id="report_usage",
    responses=problem_responses(400, 401, 403, 429, 503),
)
async def report_usage(
    parameters: Annotated[UsageParameters, Query()],
    store: StoreDep,
    caller: Annotated[Caller, requires(METRICS_READ)],
    now: Now,
) -> Usage:
    """Report the events that the organisation sent per month and day, by the time of receipt."""
    months = usage.months_until(now.date(), parameters.months)
    found = await usage.report_usage(store, caller.org_id, months)
    return Usage(
        org_id=caller.org_id,
        months=[
            MonthUsage(
                month=one.month,
                events=one.events,
                daily=[DayUsage(date=day, events=events) for day, events in one.daily],
            )
            for one in found
        ],
    )
