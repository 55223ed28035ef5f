"""The body of POST /events: its schema, its decoding, and a verdict on every single event.

One bad event never costs the others; only what is wrong with the request as a whole raises.
"""

import json
import zlib
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from api.domain.events import (
    EVENT_BYTES_MAX,
    EVENTS_PER_REQUEST_MAX,
    INTEGER_MAX,
    Draft,
    EventResult,
)
from api.domain.json_limits import escape, first_fault, is_plain
from api.domain.tenancy import Caller
from api.domain.times import parse_timestamp
from api.errors import ApiError, FieldError
from api.routers.bodies import (
    as_object,
    field_errors,
    invalid_payload,
    media_type_of,
    parse_json,
    read_body,
)
from api.services.events import Submission

BODY_BYTES_MAX = 1024 * 1024
_GZIP = 31  # zlib's window bits for a gzip stream
_EVENT_DEPTH = 3  # the body, its list, the event
_NO_CONTROLS = r"^[^\x00-\x1F\x7F]+$"


def _parse_timestamp(value: object) -> datetime:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be a string")
    try:
        return parse_timestamp(value)
    except ValueError as error:
        raise PydanticCustomError(
            "timestamp_invalid", "{reason}", {"reason": str(error)}
        ) from error


class EventPayload(BaseModel):
    """One event as sent. Whoever brings an `event_id` brings its `timestamp` too."""

    model_config = ConfigDict(extra="forbid", strict=True)

    event_id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9._:-]{1,128}$", examples=["signup-0001"]
    )
    event_type: str = Field(
        min_length=1, max_length=128, pattern=_NO_CONTROLS, examples=["signed_up"]
    )
    user_id: str = Field(min_length=1, max_length=256, pattern=_NO_CONTROLS, examples=["user_1"])
    timestamp: Annotated[datetime, BeforeValidator(_parse_timestamp)] | None = Field(
        default=None,
        description="RFC 3339 with an offset, at most 6 fraction digits and 24 h in the future",
    )
    properties: dict[str, Any] = Field(default={}, examples=[{"plan": "pro"}])
    org_id: str | None = Field(default=None, description="If present, the token's organisation")


class EventBatch(BaseModel):
    """1 to 100 events, up to 1 MiB in all after decompression and 32 KiB each."""

    model_config = ConfigDict(extra="forbid")

    events: list[EventPayload] = Field(min_length=1, max_length=EVENTS_PER_REQUEST_MAX)


async def read_submission(request: Request, caller: Caller) -> Submission:
    """The request's events, each parsed or rejected. Raises ApiError for the request as a whole."""
    if media_type_of(request) != "application/json":
        raise ApiError("unsupported_media_type", "Send Content-Type: application/json.")
    body = _decode(
        await read_body(request, bytes_max=BODY_BYTES_MAX),
        request.headers.get("content-encoding", "identity").strip().lower(),
    )
    return submission_of(parse_json(body), body, caller)


def submission_of(payload: object, body: bytes, caller: Caller) -> Submission:
    """The payload's events, each parsed or rejected; `body` is the JSON that holds them as sent."""
    events = _events_of(payload)
    _require_organization(events, caller)
    fingerprint = _fingerprint(payload)
    faults: dict[int, FieldError | None] = {}
    if not is_plain(events, _EVENT_DEPTH - 1):  # then look closely, at integers as they were sent
        events = json.loads(body, parse_int=_integer)["events"]
        faults = {
            index: first_fault(event, f"/events/{index}", _EVENT_DEPTH)
            for index, event in enumerate(events)
        }
    entries = [_judge(event, index, faults.get(index)) for index, event in enumerate(events)]
    return Submission(fingerprint, entries)


def _fingerprint(payload: object) -> str:
    """The same for the same JSON, however it was written."""
    try:
        return sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).hexdigest()
    except orjson.JSONEncodeError as error:
        raise ApiError("malformed_json", f"The body is nested too deeply: {error}.") from error


def _decode(body: bytes, encoding: str) -> bytes:
    if encoding == "identity":
        return body
    if encoding != "gzip":
        raise ApiError(
            "unsupported_encoding",
            "Send the body as it is, or with Content-Encoding: gzip.",
            headers={"Accept-Encoding": "gzip, identity"},
        )
    stream = zlib.decompressobj(_GZIP)
    try:
        decoded = stream.decompress(body, BODY_BYTES_MAX + 1)
    except zlib.error as error:
        raise ApiError("malformed_encoding", f"The body is not valid gzip: {error}.") from error
    if len(decoded) > BODY_BYTES_MAX:
        raise ApiError(
            "body_too_large", f"The body may have up to {BODY_BYTES_MAX} bytes when decompressed."
        )
    if not stream.eof or stream.unused_data:
        raise ApiError("malformed_encoding", "The body must be one whole gzip stream.")
    return decoded


def _events_of(payload: object) -> list[object]:
    batch = as_object(payload)
    if batch is None:
        raise invalid_payload(FieldError("", "dict_type", 'must be an object with "events"'))
    if unknown := [escape(name) for name in batch if name != "events"]:
        raise invalid_payload(
            *(FieldError(f"/{name}", "extra_forbidden", "is not known here") for name in unknown)
        )
    if not isinstance(batch.get("events"), list):
        raise invalid_payload(FieldError("/events", "list_type", "must be a list of events"))
    events: list[object] = batch["events"]
    if not 1 <= len(events) <= EVENTS_PER_REQUEST_MAX:
        raise invalid_payload(
            FieldError(
                "/events",
                "list_length",
                f"holds {len(events)} events: send 1 to {EVENTS_PER_REQUEST_MAX} a request",
            )
        )
    return events


def _require_organization(events: list[object], caller: Caller) -> None:
    for event in events:
        org_id = (as_object(event) or {}).get("org_id")
        if isinstance(org_id, str):
            caller.require_organization(org_id)


def _integer(digits: str) -> float:
    """An integer that a double holds exactly, or infinity, which `first_fault` reports."""
    value = int(digits) if len(digits) <= len(str(-INTEGER_MAX)) else INTEGER_MAX + 1
    return value if abs(value) <= INTEGER_MAX else float("inf")


def _judge(event: object, index: int, fault: FieldError | None) -> Draft | EventResult:
    size = 0 if fault else len(orjson.dumps(event))
    if size > EVENT_BYTES_MAX:
        what = f"has {size} bytes of {EVENT_BYTES_MAX}"
        fault = FieldError(f"/events/{index}", "event_too_large", what)
    verdict = fault or _draft(event, index, size)
    if isinstance(verdict, Draft):
        return verdict
    event_id = (as_object(event) or {}).get("event_id")
    return EventResult(index, event_id if isinstance(event_id, str) else None, "rejected", verdict)


def _draft(event: object, index: int, size: int) -> Draft | FieldError:
    try:
        payload = EventPayload.model_validate(event)
    except ValidationError as error:
        return field_errors(error, f"/events/{index}")[0]
    if payload.event_id and not payload.timestamp:
        return FieldError(
            f"/events/{index}/timestamp",
            "timestamp_required",
            "must come with event_id: the two together identify the event",
        )
    return Draft(
        event_type=payload.event_type,
        user_id=payload.user_id,
        event_id=payload.event_id,
        timestamp=payload.timestamp,
        properties=payload.properties,
        size=size,
    )
