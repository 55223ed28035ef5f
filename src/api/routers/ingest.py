"""The headers and responses of the two operations that ingest events.

The time of an attempt isn't part of the payload that a retry must repeat, because the time differs
between attempts.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
from fastapi import Request, Response
from pydantic import BaseModel

from api import telemetry
from api.auth.caller import Caller
from api.dependencies import Resources
from api.domain.clocks import skew_of, skew_warning
from api.domain.events import EventResult
from api.domain.times import parse_timestamp
from api.domain.type_names import OTHER
from api.errors import ApiError, FieldError
from api.routers.bodies import as_object, invalid_payload, parse_time
from api.routers.problem_schema import ProblemField
from api.services.events import Ingested, Submission

KEY_LENGTH_MAX = 255
SENT_AT = "x-analytics-sent-at"
_KEY = re.compile(
    r'"(?P<quoted>[\x20-\x21\x23-\x5B\x5D-\x7E]+)"|(?P<bare>(?!")[\x21-\x2B\x2D-\x7E]+)'
)


def parse_idempotency_key(headers: Sequence[str]) -> str | None:
    """Return the key in the `Idempotency-Key` header, or None if the header is missing.

    The key may be quoted. An unquoted key can't contain a comma, because hosts of serverless
    functions join repeated headers with commas. Raises ApiError `idempotency_key_invalid`.
    """
    if not headers:
        return None
    match = _KEY.fullmatch(headers[0].strip()) if len(headers) == 1 else None
    key = match and (match["quoted"] or match["bare"])
    if not key or len(key) > KEY_LENGTH_MAX:
        raise ApiError(
            "idempotency_key_invalid",
            "Send one Idempotency-Key of 1 to 255 visible ASCII characters. "
            "Quote a key that contains commas or spaces.",
        )
    return key


def clock_skew(
    request: Request, sent_at: datetime | None, received_at: datetime
) -> timedelta | None:
    """Return the skew of the sender's clock, from `sent_at` in the body or from a header."""
    header = ",".join(request.headers.getlist(SENT_AT))
    if sent_at is None and header:
        try:
            sent_at = parse_timestamp(header)
        except ValueError:
            return None
    return skew_of(sent_at, received_at)


def split_sent_at(payload: object) -> tuple[object, datetime | None]:
    """Return the payload without `sent_at`, and the time in `sent_at`.

    Raises ApiError if `sent_at` is invalid.
    """
    batch = as_object(payload)
    if batch is None or "sent_at" not in batch:
        return payload, None
    rest = {name: value for name, value in batch.items() if name != "sent_at"}
    sent_at = batch["sent_at"]
    if not isinstance(sent_at, str):
        raise invalid_payload(FieldError("/sent_at", "string_type", "must be a string"))
    return rest, parse_time("/sent_at", sent_at)


class EventError(ProblemField):
    """The reason why an event was rejected."""


class EventOutcome(BaseModel):
    """The result of one event of the request."""

    index: int
    event_id: str | None
    status: Literal["created", "duplicate", "rejected"]
    error: EventError | None = None


class IngestWarning(BaseModel):
    """A warning about a request whose events are stored.

    Only the warning `event_types_not_named` has `event_types`: the types counted as `(other)`.
    """

    code: Literal["clock_skew", "event_types_not_named", "quota_nearly_used"]
    detail: str
    event_types: list[str] | None = None


class IngestResponse(BaseModel):
    """The results of all events of the request.

    `warnings` is present only if there are warnings.
    """

    created: int
    duplicates: int
    rejected: int
    results: list[EventOutcome]
    warnings: list[IngestWarning] | None = None


INGESTED: dict[int | str, dict[str, Any]] = {
    201: {"description": "Every event is stored, now or by an earlier request"},
    207: {"model": IngestResponse, "description": "Some events were rejected; see `results`"},
}


async def find_unnamed(resources: Resources, caller: Caller, submission: Submission) -> list[str]:
    """Return the event types of the request that metrics count as `(other)`."""
    return await resources.unnamed_types.find(
        resources.store,
        caller.org_id,
        submission.entries,
        source=caller.source,
        now=resources.now(),
    )


def ingest_response(ingested: Ingested, submission: Submission, unnamed: Sequence[str]) -> Response:
    """Return the response with the result of every event.

    Raises ApiError `events_rejected` if all events were rejected.
    """
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
    body = {
        "created": counts["created"],
        "duplicates": counts["duplicate"],
        "rejected": counts["rejected"],
        "results": results,
        **_warnings(submission, unnamed, ingested.quota_warning),
    }
    return Response(
        orjson.dumps(body),
        status_code=207 if counts["rejected"] else 201,
        headers=headers,
        media_type="application/json",
    )


def _warnings(
    submission: Submission, unnamed: Sequence[str], quota_warning: str = ""
) -> dict[str, Any]:
    skew = skew_warning(submission.entries, submission.clock_skew)
    warnings: list[dict[str, Any]] = [{"code": "clock_skew", "detail": skew}] if skew else []
    if unnamed:
        warnings.append(_unnamed_warning(unnamed))
    if quota_warning:
        warnings.append({"code": "quota_nearly_used", "detail": quota_warning})
    return {"warnings": warnings} if warnings else {}


def _unnamed_warning(event_types: Sequence[str]) -> dict[str, Any]:
    detail = (
        "Metrics count a limited number of event types by name per day, and this day has reached "
        f"the limit. The types listed here are counted as {OTHER}. Put ids and other changing "
        "values into properties, not into event_type."
    )
    return {
        "code": "event_types_not_named",
        "detail": detail,
        "event_types": list(event_types),
    }


def _outcome(result: EventResult) -> dict[str, Any]:
    outcome = {"index": result.index, "event_id": result.event_id, "status": result.status}
    return outcome | ({"error": result.error.as_json()} if result.error else {})
