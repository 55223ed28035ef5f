"""Routes that ingest and list events."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, Field

from api import telemetry
from api.auth.caller import EVENTS_READ, EVENTS_WRITE, Caller
from api.dependencies import Now, ResourcesDep, charge, require_digits, requires
from api.domain.events import EventQuery, EventSource
from api.domain.times import format_timestamp
from api.errors import ApiError
from api.routers.bodies import request_body
from api.routers.event_payloads import read_submission
from api.routers.event_schemas import EventBatch
from api.routers.ingest import (
    INGESTED,
    IngestResponse,
    find_unnamed,
    ingest_response,
    parse_idempotency_key,
)
from api.routers.parameters import OrgParameters
from api.routers.problem_schema import problem_responses
from api.services.events import ingest

PATH = "/api/v1/events"
LIMIT_DEFAULT, LIMIT_MAX = 50, 200
EVENT_TYPES_MAX = 50

router = APIRouter(tags=["events"])


class StoredEvent(BaseModel):
    """A stored event, with its timestamp in UTC."""

    event_id: str
    org_id: str
    event_type: str
    user_id: str
    timestamp: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    source: EventSource = Field(
        description="`public` if it was sent with a publishable key; `trusted` if it was sent with "
        "a secret key or by a user",
    )
    properties: dict[str, Any]
    clock_skew_ms: int | None = Field(
        default=None,
        description="Milliseconds to add to `timestamp`, because the sender's clock was wrong",
    )
    received_at: str | None = Field(
        examples=["2026-01-31T09:30:00.654321Z"],
        description="When the API first received the request with this event, by the API's clock. "
        "null if an earlier version of the API, which didn't store this time, stored the event",
    )


class EventList(BaseModel):
    """A page of events. `next_cursor` is null on the last page only."""

    data: list[StoredEvent]
    next_cursor: str | None


class EventFilters(OrgParameters):
    """Filters of a listing of events."""

    user_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=256,
        description="A token that is bound to one user lists this user's events by default, and no "
        "other user's",
    )
    event_type: list[str] = Field(
        default=[],
        max_length=EVENT_TYPES_MAX,
        description="May be repeated, to list events of any of these types",
    )
    start_date: str | None = Field(
        default=None, description="A date (the whole UTC day) or an RFC 3339 time, inclusive"
    )
    end_date: str | None = Field(default=None, description="Like start_date, inclusive")
    limit: Annotated[int, BeforeValidator(require_digits)] = Field(
        default=LIMIT_DEFAULT, ge=1, le=LIMIT_MAX
    )
    cursor: str | None = Field(default=None, description="`next_cursor` of the previous page")
    order: Literal["asc", "desc"] = "desc"

    def narrowed_to(self, user_id: str | None) -> Self:
        """Return these filters, limited to the events of one user.

        If `user_id` is None, the caller's token isn't bound to a user, and the filters are
        unchanged.
        """
        return self if user_id is None else self.model_copy(update={"user_id": user_id})

    def binding(self) -> tuple[object, ...]:
        """Return the parameters to which a cursor is bound.

        A cursor is valid only in requests with the same values as the request that returned it. The
        page size may differ.
        """
        types = sorted(set(self.event_type))
        return (self.user_id, types, self.start_date, self.end_date, self.order)


@router.post(
    PATH,
    operation_id="ingest_events",
    status_code=201,
    response_model=IngestResponse,
    responses={**INGESTED, **problem_responses(400, 401, 403, 408, 409, 413, 415, 422, 429, 503)},
    openapi_extra=request_body({"application/json": EventBatch}),
)
async def ingest_events(
    request: Request,
    resources: ResourcesDep,
    caller: Annotated[Caller, requires(EVENTS_WRITE)],
    idempotency_key: Annotated[  # noqa: ARG001 - for OpenAPI; the route reads all values
        str | None,
        Header(description="Makes retries safe: a retry with the same key stores nothing twice"),
    ] = None,
    x_analytics_sent_at: Annotated[  # noqa: ARG001 - read with the body
        str | None,
        Header(description="The time of this attempt by the sender's clock, instead of `sent_at`"),
    ] = None,
) -> Response:
    """Store 1 to 100 events exactly once. A 2xx response means the events are durable."""
    key = parse_idempotency_key(request.headers.getlist("idempotency-key"))
    submission = await read_submission(request, caller, resources.now())
    charge(request, resources, caller, submission.entries)
    ingested = await ingest(
        resources.store,
        org_id=caller.org_id,
        source=caller.source,
        submission=submission,
        key=key,
        now=resources.now,
        quotas=resources.quotas,
    )
    unnamed = await find_unnamed(resources, caller, submission)
    response = ingest_response(ingested, submission, unnamed)
    if not ingested.replayed:  # an SDK repeats the header in every retry
        telemetry.count_dropped(",".join(request.headers.getlist("x-analytics-dropped")))
    return response


@router.get(
    PATH,
    operation_id="query_events",
    response_model=EventList,
    responses=problem_responses(400, 401, 403, 429, 503),
)
async def query_events(
    request: Request,
    filters: Annotated[EventFilters, Query()],
    resources: ResourcesDep,
    caller: Annotated[Caller, requires(EVENTS_READ, accepts_bound=True)],
    now: Now,
) -> Response:
    """List events in pages, newest first.

    No event is repeated or left out, even if events are written between the pages.
    """
    from api.services import event_pages  # noqa: PLC0415 - only listings

    filters = filters.narrowed_to(caller.bound_user_id)
    page = await event_pages.query_events(
        resources.store,
        _query(filters, caller.org_id, now),
        cursor=filters.cursor,
        binding=filters.binding(),
        limit=filters.limit,
        secret=resources.cursor_secret,
    )
    events = [*map(event_pages.describe_event, page.events)]
    body = {"data": events, "next_cursor": page.next_cursor}
    headers = {"Link": _next_link(request, page.next_cursor)} if page.next_cursor else {}
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")


def _query(filters: EventFilters, org_id: str, now: datetime) -> EventQuery:
    from api.domain.ranges import parse_moment_range  # noqa: PLC0415 - not ingest

    try:
        first, last = parse_moment_range(filters.start_date, filters.end_date, now=now)
    except ValueError as error:
        raise ApiError("invalid_parameter", f"{error}.") from error
    return EventQuery(
        org_id=org_id,
        first=format_timestamp(first),
        last=format_timestamp(last),
        user_id=filters.user_id,
        event_types=tuple(sorted(set(filters.event_type))),
        ascending=filters.order == "asc",
    )


def _next_link(request: Request, cursor: str) -> str:
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'<{request.url.path}?{urlencode([*rest, ("cursor", cursor)])}>; rel="next"'
