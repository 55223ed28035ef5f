"""The route that reports how many events an organisation sent, and its quota."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, Field

from api.auth.caller import METRICS_READ, Caller
from api.dependencies import Now, StoreDep, require_digits, requires
from api.domain.quotas import period_end
from api.domain.usage import MONTHS_MAX
from api.routers.parameters import OrgParameters
from api.routers.problem_schema import problem_responses
from api.services import usage
from api.services.organization_records import read_organization

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
    """The organisation's plan, quota and usage.

    An event counts when it is received, whatever its timestamp is.
    """

    org_id: str
    plan: str | None = Field(description="Null if unknown", examples=["growth"])
    quota: int | None = Field(
        description="How many events per month the organisation may send; null if unlimited",
        examples=[1_000_000],
    )
    warn_at: int | None = Field(
        description="The percentage of the quota from which ingest responses contain a warning; "
        "null without a quota",
        examples=[80],
    )
    used: int = Field(description="The number of events that were received in the current month")
    period_end: str = Field(
        description="The end of the current month (UTC), when a new quota period starts",
        examples=["2026-02-01T00:00:00Z"],
    )
    months: list[MonthUsage] = Field(description="Oldest month first")


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
    """Report the events that the organisation sent per month and day, by the time of receipt.

    The response also contains the organisation's plan and monthly quota.
    """
    months = usage.months_until(now.date(), parameters.months)
    found, organization = await asyncio.gather(
        usage.report_usage(store, caller.org_id, months),
        read_organization(store, caller.org_id),
    )
    return Usage(
        org_id=caller.org_id,
        plan=organization.plan or None,
        quota=organization.events_per_month,
        warn_at=None if organization.events_per_month is None else organization.warn_at,
        used=found[-1].events,
        period_end=f"{period_end(now):%Y-%m-%dT%H:%M:%SZ}",
        months=[
            MonthUsage(
                month=one.month,
                events=one.events,
                daily=[DayUsage(date=day, events=events) for day, events in one.daily],
            )
            for one in found
        ],
    )
