"""Ingesting and listing events."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api import telemetry
from api.auth.caller import EVENTS_READ, EVENTS_WRITE, Caller
from api.dependencies import Now, ResourcesDep, charge, requires
from api.domain.events import Event, EventQuery, EventSource
from api.domain.ranges import parse_moment_range
from api.domain.times import format_timestamp
from api.errors import ApiError
from api.routers.bodies import request_body
from api.routers.event_payloads import EventBatch, read_submission
from api.routers.ingest import (
    INGESTED,
    IngestResponse,
    find_unnamed,
    ingest_response,
    parse_idempotency_key,
)
from api.routers.problem_schema import problem_responses
from api.services.events import ingest

PATH = "/api/v1/events"
LIMIT_DEFAULT, LIMIT_MAX = 50, 200
EVENT_TYPES_MAX = 50

router = APIRouter(tags=["events"])


class StoredEvent(BaseModel):
    """An event as stored; its time is in UTC."""

    event_id: str
    org_id: str
    event_type: str
    user_id: str
    timestamp: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    source: EventSource = Field(
        description="`public` if a publishable key sent it, `trusted` if a secret key or a user did"
    )
    properties: dict[str, Any]
    clock_skew_ms: int | None = Field(
        default=None,
        description="The correction of `timestamp` in milliseconds for a wrong sender's clock",
    )


class EventList(BaseModel):
    """A page of events. Only a null cursor ends the listing."""

    data: list[StoredEvent]
    next_cursor: str | None


def _require_digits(value: object) -> object:
    """Refuse what Python also reads as a number: signs, spaces, underscores, fractions of zero."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise PydanticCustomError("int_parsing", "is not written in digits only")
    return value


class EventFilters(BaseModel):
    """Filters of a listing of events."""

    model_config = ConfigDict(extra="forbid")

    org_id: str | None = Field(default=None, description="If present, the token's organisation")
    user_id: str | None = Field(default=None, min_length=1, max_length=256)
    event_type: list[str] = Field(
        default=[],
        max_length=EVENT_TYPES_MAX,
        description="May be repeated: events of any of these types",
    )
    start_date: str | None = Field(
        default=None, description="A date (the whole UTC day) or an RFC 3339 time; included"
    )
    end_date: str | None = Field(default=None, description="As start_date; included")
    limit: Annotated[int, BeforeValidator(_require_digits)] = Field(
        default=LIMIT_DEFAULT, ge=1, le=LIMIT_MAX
    )
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before")
    order: Literal["asc", "desc"] = "desc"

    def binding(self) -> tuple[object, ...]:
        """Return the parameters that a cursor is bound to: all except the page size."""
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
    idempotency_key: Annotated[  # noqa: ARG001 - for the document; read with its repetitions
        str | None,
        Header(description="Makes retries safe: the same key and payload get the same response"),
    ] = None,
    x_analytics_sent_at: Annotated[  # noqa: ARG001 - read with the body
        str | None,
        Header(description="The sender's clock at this attempt (RFC 3339), instead of `sent_at`"),
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
    )
    unnamed = await find_unnamed(resources, caller, submission)
    response = ingest_response(ingested, submission, unnamed)
    if not ingested.replayed:  # an SDK sends the header again with every retry of a batch
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
    caller: Annotated[Caller, requires(EVENTS_READ)],
    now: Now,
) -> Response:
    """List events, newest first, in pages; concurrent writes never repeat or hide an event."""
    from api.services.event_pages import query_events as list_page  # noqa: PLC0415 - not ingest

    page = await list_page(
        resources.store,
        _query(filters, caller.org_id, now),
        cursor=filters.cursor,
        binding=filters.binding(),
        limit=filters.limit,
        secret=resources.cursor_secret,
    )
    body = {"data": [_event(event) for event in page.events], "next_cursor": page.next_cursor}
    headers = {"Link": _next_link(request, page.next_cursor)} if page.next_cursor else {}
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")


def _query(filters: EventFilters, org_id: str, now: datetime) -> EventQuery:
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


def _event(event: Event) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "org_id": event.org_id,
        "event_type": event.event_type,
        "user_id": event.user_id,
        "timestamp": event.timestamp,
        "source": event.source,
        "properties": event.properties,
    } | ({} if event.clock_skew_ms is None else {"clock_skew_ms": event.clock_skew_ms})


def _next_link(request: Request, cursor: str) -> str:
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'<{request.url.path}?{urlencode([*rest, ("cursor", cursor)])}>; rel="next"'
