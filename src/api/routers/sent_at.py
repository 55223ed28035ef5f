"""When a sender says that it sent a request: per attempt, so no part of the payload."""

from datetime import datetime, timedelta

from fastapi import Request

from api.domain.clocks import skew_of
from api.domain.times import parse_timestamp
from api.errors import FieldError
from api.routers.bodies import as_object, invalid_payload

HEADER = "x-analytics-sent-at"


def clock_skew(
    request: Request, sent_at: datetime | None, received_at: datetime
) -> timedelta | None:
    """Return the sender's skew by the body's `sent_at`, else by one header that is valid."""
    header = ",".join(request.headers.getlist(HEADER))
    if sent_at is None and header:
        try:
            sent_at = parse_timestamp(header)
        except ValueError:
            return None
    return skew_of(sent_at, received_at)


def split_sent_at(payload: object) -> tuple[object, datetime | None]:
    """Take `sent_at` out of the payload. Raises ApiError when it is not a time."""
    batch = as_object(payload)
    if batch is None or "sent_at" not in batch:
        return payload, None
    rest = {name: value for name, value in batch.items() if name != "sent_at"}
    sent_at = batch["sent_at"]
    if not isinstance(sent_at, str):
        raise invalid_payload(FieldError("/sent_at", "string_type", "must be a string"))
    try:
        return rest, parse_timestamp(sent_at)
    except ValueError as error:
        raise invalid_payload(FieldError("/sent_at", "timestamp_invalid", str(error))) from error
