"""The body of POST /events: its decoding and the validation of each event.

An invalid event is rejected, and the other events are stored. Only errors that concern the whole
request raise ApiError.
"""

import json
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any

import orjson
from fastapi import Request
from pydantic import ValidationError

from api.auth.caller import Caller
from api.domain.clocks import event_skew_ms
from api.domain.events import (
    EVENT_BYTES_MAX,
    EVENTS_PER_REQUEST_MAX,
    INTEGER_MAX,
    PUBLIC,
    TRUSTED,
    Draft,
    EventResult,
    EventSource,
)
from api.domain.field_patterns import UNKNOWN
from api.domain.json_limits import first_fault, is_plain, pointer_to
from api.errors import ERRORS_MAX, ApiError, FieldError
from api.routers.bodies import (
    as_object,
    field_errors,
    invalid_payload,
    media_type_of,
    parse_json,
    read_body,
    refuse_repeated_members,
)
from api.routers.event_schemas import EventBatch, EventPayload
from api.routers.ingest import clock_skew, split_sent_at
from api.services.events import Submission

BODY_BYTES_MAX = 1024 * 1024
_EVENT_DEPTH = 3  # the level of an event, which is within the body and its list
_EVENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


async def read_submission(request: Request, caller: Caller, received_at: datetime) -> Submission:
    """Read the request's events. Each event is parsed or rejected separately.

    Raises ApiError for errors that concern the whole request.
    """
    if media_type_of(request) != "application/json":
        raise ApiError("unsupported_media_type", "Send Content-Type: application/json.")
    body = await read_body(request, bytes_max=BODY_BYTES_MAX, accepts_gzip=True)
    payload, sent_at = split_sent_at(parse_events(body, EventBatch.model_fields))
    return submission_of(payload, body, caller, clock_skew(request, sent_at, received_at))


def parse_events(body: bytes, members: Collection[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Parse the body so that invalid events can be rejected one by one.

    Within `events`, this function accepts three things that a strict parser rejects: lone
    surrogates, numbers that are too large for a double, and deep nesting. Raises ApiError
    `malformed_json` for any other invalid JSON, and `invalid_payload` if one of the `members` is
    repeated.
    """
    try:
        return parse_json(body, members)
    except ApiError as strict:
        if strict.code != "malformed_json":
            raise
        try:
            payload = _parse_leniently(body)
            orjson.dumps({**(as_object(payload) or {}), "events": None})
            _fingerprint(payload)
        except (ValueError, TypeError, RecursionError):
            raise strict from None
        refuse_repeated_members(body, members)
        return payload


def _parse_leniently(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Parse JSON without changing integers. Raises ValueError or RecursionError."""
    return json.loads(body.decode(), parse_int=_integer, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int:
    """Parse an integer. If it is too long, return INTEGER_MAX + 1, which is rejected later."""
    return int(digits) if len(digits) <= len(str(-INTEGER_MAX)) else INTEGER_MAX + 1


def submission_of(
    payload: object, body: bytes, caller: Caller, skew: timedelta | None
) -> Submission:
    """Parse or reject each event of the payload.

    `body` is the JSON as sent, and `skew` is the correction of the sender's clock.
    """
    events = _events_of(payload)
    _require_organization(events, caller)
    sizes = _check_limits(events, body)
    entries = [
        _judge(event, index, sizes[index], caller.source, skew)
        for index, event in enumerate(events)
    ]
    return Submission(_fingerprint(payload), entries, skew)


def _check_limits(events: Sequence[object], body: bytes) -> Sequence[int | FieldError]:
    """Return the size of each event's JSON in bytes, or the event's fault.

    Events that are too large aren't checked for other faults.
    """
    found, suspects = list[int | FieldError](), list[int]()
    for index, event in enumerate(events):
        size, is_valid_text = _measure(event)
        if size > EVENT_BYTES_MAX:
            detail = f"has {size} bytes; the limit is {EVENT_BYTES_MAX}"
            found.append(FieldError(f"/events/{index}", "event_too_large", detail))
            continue
        found.append(size)
        if not (is_valid_text and is_plain(event, _EVENT_DEPTH)):
            suspects.append(index)
    if suspects:
        as_sent: list[object] = _parse_leniently(body)["events"]
        for index in suspects:
            fault = first_fault(as_sent[index], f"/events/{index}", _EVENT_DEPTH)
            found[index] = fault or found[index]
    return found


def _measure(event: object) -> tuple[int, bool]:
    """Return the size of the event's JSON in bytes, and whether all its text is valid Unicode."""
    try:
        return len(orjson.dumps(event)), True
    except orjson.JSONEncodeError:  # a lone surrogate or deep nesting
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        return len(text.encode(errors="surrogatepass")), False


def _fingerprint(payload: object) -> str:
    """Return a digest of the payload that doesn't depend on the formatting of its JSON."""
    try:
        text = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # as in `_measure`
        text = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
    return sha256(text).hexdigest()


def _events_of(payload: object) -> list[object]:
    batch = as_object(payload)
    if batch is None:
        raise invalid_payload(FieldError("", "dict_type", "must be an object with events"))
    if unknown := list(islice((name for name in batch if name != "events"), ERRORS_MAX)):
        raise invalid_payload(
            *(FieldError(pointer_to([n]), "extra_forbidden", UNKNOWN) for n in unknown)
        )
    if not isinstance(batch.get("events"), list):
        raise invalid_payload(FieldError("/events", "list_type", "must be a list of events"))
    events: list[object] = batch["events"]
    if not 1 <= len(events) <= EVENTS_PER_REQUEST_MAX:
        raise invalid_payload(
            FieldError(
                "/events",
                "list_length",
                f"has {len(events)} events; send 1 to {EVENTS_PER_REQUEST_MAX} per request",
            )
        )
    return events


def _require_organization(events: list[object], caller: Caller) -> None:
    for event in events:
        org_id = (as_object(event) or {}).get("org_id")
        if isinstance(org_id, str):
            caller.require_organization(org_id)


def _judge(
    event: object,
    index: int,
    size: int | FieldError,
    source: EventSource,
    skew: timedelta | None,
) -> Draft | EventResult:
    verdict = _draft(event, index, size, source, skew) if isinstance(size, int) else size
    if isinstance(verdict, Draft):
        return verdict
    return EventResult(index, _event_id_of(event), "rejected", verdict)


def _event_id_of(event: object) -> str | None:
    """Return the id of a rejected event, or None if the id is missing or invalid."""
    event_id = (as_object(event) or {}).get("event_id")
    return event_id if isinstance(event_id, str) and _EVENT_ID.fullmatch(event_id) else None


def _draft(
    event: object, index: int, size: int, source: EventSource, skew: timedelta | None
) -> Draft | FieldError:
    unknown = (name for name in as_object(event) or {} if name not in EventPayload.model_fields)
    if name := next(unknown, None):
        where = pointer_to(["events", index, name])
        return FieldError(
            where, "extra_forbidden", "is not a field of an event: remove it, or correct its name"
        )
    try:
        payload = EventPayload.model_validate(event)
    except ValidationError as error:
        return field_errors(error, f"/events/{index}")[0]
    if payload.event_id and not payload.timestamp:
        return FieldError(
            f"/events/{index}/timestamp",
            "timestamp_required",
            "is required with event_id, because the two together identify the event",
        )
    if payload.source == TRUSTED and source == PUBLIC:
        return FieldError(
            f"/events/{index}/source",
            "source_not_allowed",
            "must be public or omitted, because events sent with a publishable key aren't trusted",
        )
    return Draft(
        event_type=payload.event_type,
        user_id=payload.user_id,
        event_id=payload.event_id,
        timestamp=payload.timestamp,
        properties=payload.properties,
        size=size,
        source=payload.source,
        clock_skew_ms=payload.clock_skew_ms or event_skew_ms(skew, payload.clock_offset_ms),
    )
