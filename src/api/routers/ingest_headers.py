"""The request headers of ingest: the idempotency key and the time of the attempt.

The time differs from attempt to attempt, so it is not part of the payload that a retry repeats.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from fastapi import Request

from api.domain.clocks import skew_of
from api.domain.times import parse_timestamp
from api.errors import ApiError, FieldError
from api.routers.bodies import as_object, invalid_payload

KEY_LENGTH_MAX = 255
SENT_AT = "x-analytics-sent-at"
_KEY = re.compile(
    r'"(?P<quoted>[\x20-\x21\x23-\x5B\x5D-\x7E]+)"|(?P<bare>(?!")[\x21-\x2B\x2D-\x7E]+)'
)


def parse_idempotency_key(headers: Sequence[str]) -> str | None:
    """Return the key of the `Idempotency-Key` header, quoted or bare; None without the header.

    A bare key has no comma, because function hosts join repeated headers with one. Raises ApiError
    `idempotency_key_invalid`.
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
    """Return the sender's skew by the body's `sent_at`, else by one valid header."""
    header = ",".join(request.headers.getlist(SENT_AT))
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
