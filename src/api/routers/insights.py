"""Routes that answer questions about events: trends, funnels and retention."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.auth.caller import INSIGHTS_READ, Caller
from api.dependencies import Now, ResourcesDep, requires, requires_insights
from api.domain.cursors import Cursor, decode_cursor, encode_cursor
from api.domain.insights import Cohort, Figures, FunnelStep, Group, pooled_rates
from api.routers import insight_lists
from api.routers.bodies import read_json, request_body
from api.routers.filter_payloads import TAGS
from api.routers.insight_payloads import (
    DroppedUsersPayload,
    FunnelPayload,
    InsightPayload,
    RetentionPayload,
    TrendsPayload,
)
from api.routers.insight_responses import NOT_MODIFIED, respond
from api.routers.insight_schemas import DroppedUserList, FunnelResult, RetentionResult, TrendsResult
from api.routers.problem_schema import problem_responses
from api.routers.shared_queries import fingerprint
from api.services.insights import Insights

PATH = "/api/v1/insights"
BODY_BYTES_MAX = 256 * 1024

router = APIRouter(tags=["insights"])
_RESPONSES = {
    **NOT_MODIFIED,
    **problem_responses(400, 401, 403, 408, 413, 415, 422, 429, 503),
}


async def _read[P: BaseModel](request: Request, payload: type[P]) -> P:
    return await read_json(request, payload, bytes_max=BODY_BYTES_MAX, tags=TAGS)


def _check(caller: Caller, insight: str, payload: InsightPayload) -> None:
    """Raise ApiError `insufficient_scope` if the caller's share link doesn't permit the query."""
    if caller.is_shared:
        caller.require_shared_query(fingerprint(insight, payload))


@router.post(
    f"{PATH}/trends",
    operation_id="query_trends",
    response_model=TrendsResult,
    responses=_RESPONSES,
    openapi_extra=request_body({"application/json": TrendsPayload}),
)
async def query_trends(
    request: Request,
    resources: ResourcesDep,
    caller: Annotated[Caller, requires_insights()],
    now: Now,
) -> Response:
    """Return counts, distinct users or aggregates of a property per interval of time."""
    payload = await _read(request, TrendsPayload)
    _check(caller, "trends", payload)
    query = payload.parse(now)

    async def build(insights: Insights) -> Mapping[str, Any]:
        found = await insights.trends(query)
        return {
            "timezone": query.scope.span.zone.key,
            "interval": query.interval,
            "buckets": [label.isoformat() for label in found.buckets.labels],
            "series": [
                {
                    "index": line.index,
                    "breakdown": line.group and _group(line.group),
                    **_figures(line.figures),
                    **({"previous": _figures(line.previous)} if line.previous else {}),
                }
                for line in found.lines
            ],
        }

    return await respond(request, resources, caller, query, build)


@router.post(
    f"{PATH}/funnels",
    operation_id="query_funnel",
    response_model=FunnelResult,
    responses=_RESPONSES,
    openapi_extra=request_body({"application/json": FunnelPayload}),
)
async def query_funnel(
    request: Request,
    resources: ResourcesDep,
    caller: Annotated[Caller, requires_insights()],
    now: Now,
) -> Response:
    """Return how many users reached each step of a funnel, and how long they took."""
    payload = await _read(request, FunnelPayload)
    _check(caller, "funnels", payload)
    query = payload.parse(now)

    async def build(insights: Insights) -> Mapping[str, Any]:
        found = await insights.funnel(query)
        result: dict[str, Any] = {"steps": _steps(found.steps)}
        if query.breakdown:
            result["breakdowns"] = [
                {**_group(group), "steps": _steps(steps)} for group, steps in found.groups
            ]
        return result

    return await respond(request, resources, caller, query, build)


@router.post(
    f"{PATH}/funnels/dropped-users",
    operation_id="list_dropped_users",
    response_model=DroppedUserList,
    responses=_RESPONSES,
    openapi_extra=request_body({"application/json": DroppedUsersPayload}),
)
async def list_dropped_users(
    request: Request,
    resources: ResourcesDep,
    caller: Annotated[Caller, requires(INSIGHTS_READ)],
    now: Now,
) -> Response:
    """List the users who reached a step of a funnel but not the next one, by user id."""
    payload = await _read(request, DroppedUsersPayload)
    query = payload.parse(now)
    bound = {"org": caller.org_id, "query": repr((query, payload.after_step))}
    secret = resources.cursor_secret
    after = decode_cursor(payload.cursor, bound, secret).after if payload.cursor else None

    async def build(insights: Insights) -> Mapping[str, Any]:
        found = await insights.dropped_users(
            query, payload.after_step, after=after, limit=payload.limit + 1
        )
        page = found[: payload.limit]
        more = len(found) > payload.limit
        following = encode_cursor(Cursor(page[-1].user_id, "", ""), bound, secret) if more else None
        return {"data": [asdict(user) for user in page], "next_cursor": following}

    shown = (query, payload.after_step, payload.limit, after)
    return await respond(request, resources, caller, shown, build)


@router.post(
    f"{PATH}/retention",
    operation_id="query_retention",
    response_model=RetentionResult,
    responses=_RESPONSES,
    openapi_extra=request_body({"application/json": RetentionPayload}),
)
async def query_retention(
    request: Request,
    resources: ResourcesDep,
    caller: Annotated[Caller, requires_insights()],
    now: Now,
) -> Response:
    """Return how many users of each cohort came back in the periods after their start event."""
    payload = await _read(request, RetentionPayload)
    _check(caller, "retention", payload)
    query = payload.parse(now)

    async def build(insights: Insights) -> Mapping[str, Any]:
        cohorts = await insights.retention(query, now)
        rates = enumerate(pooled_rates(cohorts, query.periods))
        return {
            "cohorts": [_cohort(cohort) for cohort in cohorts],
            "overall": [{"period": period, "rate": rate} for period, rate in rates],
        }

    today = now.astimezone(query.scope.span.zone).date()  # decides which cells are complete
    return await respond(request, resources, caller, (query, today), build)


def _group(group: Group) -> dict[str, Any]:
    return {"kind": group.kind, "value": group.value}


def _figures(figures: Figures) -> dict[str, Any]:
    return {"total": figures.total, "values": figures.values}


def _steps(steps: Sequence[FunnelStep]) -> list[dict[str, Any]]:
    return [asdict(step) for step in steps]


def _cohort(cohort: Cohort) -> dict[str, Any]:
    values = [asdict(cell) for cell in cohort.cells]
    return {"date": cohort.date.isoformat(), "size": cohort.size, "values": values}


router.routes.extend(insight_lists.router.routes)
