"""Events in, events out."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api import telemetry
from api.auth.caller import EVENTS_READ, EVENTS_WRITE, Caller
from api.dependencies import Now, Services, ServicesDep, charge, requires
from api.domain.clocks import skew_warning
from api.domain.events import Event, EventQuery, EventResult, EventSource
from api.domain.ranges import parse_moment_range
from api.domain.times import format_timestamp
from api.domain.type_names import OTHER
from api.errors import ApiError
from api.routers.event_payloads import EventBatch, read_submission
from api.routers.ingest_headers import parse_idempotency_key
from api.routers.problem_schema import ProblemField, problem_responses
from api.services.events import Ingested, Submission, ingest

PATH = "/api/v1/events"
LIMIT_DEFAULT, LIMIT_MAX = 50, 200
EVENT_TYPES_MAX = 50

router = APIRouter(tags=["events"])


class EventError(ProblemField):
    """Why one event was rejected."""


class EventOutcome(BaseModel):
    """What became of one event of the request."""

    index: int
    event_id: str | None
    status: Literal["created", "duplicate", "rejected"]
    error: EventError | None = None


class IngestWarning(BaseModel):
    """A problem with a request whose events are stored all the same.

    `event_types` are those without a name, for `event_types_not_named` only.
    """

    code: Literal["clock_skew", "event_types_not_named"]
    detail: str
    event_types: list[str] | None = None


class IngestAnswer(BaseModel):
    """What became of every event of the request. `warnings` is absent when there are none."""

    created: int
    duplicates: int
    rejected: int
    results: list[EventOutcome]
    warnings: list[IngestWarning] | None = None


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
        description="What has to be added to `timestamp`, as the sender's clock was wrong",
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
    """Which events to list."""

    model_config = ConfigDict(extra="forbid")

    org_id: str | None = Field(default=None, description="If present, the token's organisation")
    user_id: str | None = Field(default=None, min_length=1, max_length=256)
    event_type: list[str] = Field(
        default=[], max_length=EVENT_TYPES_MAX, description="May come several times: any of them"
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
        """What a cursor is bound to: the query as written, whatever the page size."""
        types = sorted(set(self.event_type))
        return (self.user_id, types, self.start_date, self.end_date, self.order)


INGESTED: dict[int | str, dict[str, Any]] = {
    201: {"description": "Every event is stored, or was before"},
    207: {"model": IngestAnswer, "description": "Some events were rejected; `results` says why"},
}


@router.post(
    PATH,
    operation_id="ingest_events",
    status_code=201,
    response_model=IngestAnswer,
    responses={**INGESTED, **problem_responses(400, 401, 403, 408, 409, 413, 415, 422, 429, 503)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": EventBatch.model_json_schema()}},
        }
    },
)
async def ingest_events(
    request: Request,
    services: ServicesDep,
    caller: Annotated[Caller, requires(EVENTS_WRITE)],
    idempotency_key: Annotated[  # noqa: ARG001 - for the document; read with its repetitions
        str | None,
        Header(description="Makes retries safe: the same key and payload get the same answer"),
    ] = None,
    x_analytics_sent_at: Annotated[  # noqa: ARG001 - read with the body
        str | None,
        Header(description="The sender's clock at this attempt, RFC 3339; in place of `sent_at`"),
    ] = None,
) -> Response:
    """Store 1 to 100 events, each of them once. A 2xx means that they are on disk."""
    key = parse_idempotency_key(request.headers.getlist("idempotency-key"))
    submission = await read_submission(request, caller, services.now())
    charge(request, services, caller, submission.entries)
    ingested = await ingest(
        services.store,
        org_id=caller.org_id,
        source=caller.source,
        submission=submission,
        key=key,
        now=services.now,
    )
    unnamed = await find_unnamed(services, caller, submission)
    answer = answer_of(ingested, submission, unnamed)
    if not ingested.replayed:  # or what an SDK sends with every try of a batch counts again
        telemetry.count_dropped(",".join(request.headers.getlist("x-analytics-dropped")))
    return answer


async def find_unnamed(services: Services, caller: Caller, submission: Submission) -> list[str]:
    """Return the event types of the request that metrics count as `(other)`."""
    return await services.unnamed_types.find(
        services.store,
        caller.org_id,
        submission.entries,
        source=caller.source,
        now=services.now(),
    )


def answer_of(ingested: Ingested, submission: Submission, unnamed: Sequence[str]) -> Response:
    """What became of every event. Raises ApiError `events_rejected` when none was taken."""
    results = [_outcome(result) for result in ingested.results]
    counts = Counter(result.status for result in ingested.results)
    if not ingested.replayed:
        telemetry.count_events(counts)
    headers = {"Idempotent-Replayed": "true"} if ingested.replayed else {}
    if counts["rejected"] == len(results):
        raise ApiError(
            "events_rejected",
            "Correct the fields listed in `errors` and send the events with a new Idempotency-Key.",
            errors=[result.error for result in ingested.results if result.error],
            members={"results": results, **_warnings(submission, ())},
            headers=headers,
        )
    answer = {
        "created": counts["created"],
        "duplicates": counts["duplicate"],
        "rejected": counts["rejected"],
        "results": results,
        **_warnings(submission, unnamed),
    }
    return Response(
        orjson.dumps(answer),
        status_code=207 if counts["rejected"] else 201,
        headers=headers,
        media_type="application/json",
    )


def _warnings(submission: Submission, unnamed: Sequence[str]) -> dict[str, Any]:
    skew = skew_warning(submission.entries, submission.clock_skew)
    warnings: list[dict[str, Any]] = [{"code": "clock_skew", "detail": skew}] if skew else []
    if unnamed:
        warnings.append(_unnamed_warning(unnamed))
    return {"warnings": warnings} if warnings else {}


def _unnamed_warning(event_types: Sequence[str]) -> dict[str, Any]:
    detail = (
        "This day has as many event types as metrics name. The types listed here are counted as "
        f"{OTHER}. Keep ids and other changing values in properties, not in event_type."
    )
    return {
        "code": "event_types_not_named",
        "detail": detail,
        "event_types": list(event_types),
    }


def _outcome(result: EventResult) -> dict[str, Any]:
    outcome = {"index": result.index, "event_id": result.event_id, "status": result.status}
    return outcome | ({"error": result.error.as_json()} if result.error else {})


@router.get(
    PATH,
    operation_id="query_events",
    response_model=EventList,
    responses=problem_responses(400, 401, 403, 429, 503),
)
async def query_events(
    request: Request,
    filters: Annotated[EventFilters, Query()],
    services: ServicesDep,
    caller: Annotated[Caller, requires(EVENTS_READ)],
    now: Now,
) -> Response:
    """List events, newest first, page by page: each once, whatever is written meanwhile."""
    from api.services.event_pages import query_events as list_page  # noqa: PLC0415 - not ingest

    page = await list_page(
        services.store,
        _query(filters, caller.org_id, now),
        cursor=filters.cursor,
        binding=filters.binding(),
        limit=filters.limit,
        secret=services.cursor_secret,
    )
    answer = {"data": [_event(event) for event in page.events], "next_cursor": page.next_cursor}
    headers = {"Link": _next_link(request, page.next_cursor)} if page.next_cursor else {}
    return Response(orjson.dumps(answer), headers=headers, media_type="application/json")


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
