"""The schemas of the events in a request."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.domain.clocks import SKEW_MS_MAX
from api.domain.events import EVENT_USER_ID_MAX, EVENTS_PER_REQUEST_MAX, EventSource
from api.domain.field_patterns import IDENTIFIER, VISIBLE_TEXT
from api.domain.times import parse_timestamp
from api.domain.type_names import NAME_BYTES_MAX, OTHER


def _parse_timestamp(value: object) -> datetime:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be a string")
    try:
        return parse_timestamp(value)
    except ValueError as error:
        raise PydanticCustomError(
            "timestamp_invalid", "{reason}", {"reason": str(error)}
        ) from error


def _check_event_type(event_type: str) -> str:
    """Reject reserved types and types that are too long.

    A day's rollup contains the names of event types, so a limit on the length of a name limits the
    size of the rollup.
    """
    if event_type == OTHER:
        raise PydanticCustomError(
            "event_type_reserved",
            "is reserved for event types that metrics don't count by name; use another name",
        )
    if len(event_type.encode("utf-8", "surrogatepass")) > NAME_BYTES_MAX:
        raise PydanticCustomError(
            "event_type_too_long",
            "must have at most {bytes_max} bytes of UTF-8",
            {"bytes_max": NAME_BYTES_MAX},
        )
    return event_type


class EventPayload(BaseModel):
    """One event as the client sends it.

    An event with an `event_id` must also have a `timestamp`.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    event_id: str | None = Field(default=None, pattern=IDENTIFIER, examples=["signup-0001"])
    event_type: Annotated[str, AfterValidator(_check_event_type)] = Field(
        min_length=1,
        max_length=128,
        pattern=VISIBLE_TEXT,
        examples=["signed_up"],
        description=f"At most {NAME_BYTES_MAX} bytes of UTF-8; {OTHER} is reserved",
    )
    user_id: str = Field(
        min_length=1, max_length=EVENT_USER_ID_MAX, pattern=VISIBLE_TEXT, examples=["user_1"]
    )
    timestamp: Annotated[datetime, BeforeValidator(_parse_timestamp)] | None = Field(
        default=None,
        description="RFC 3339 with an offset and at most 6 fraction digits; at most 24 hours in "
        "the future",
    )
    properties: dict[str, Any] = Field(default={}, examples=[{"plan": "pro"}])
    source: EventSource | None = Field(
        default=None,
        description="By default, the source of the credential. Only a secret key or a user may "
        "send `trusted`; they may also send `public`, to import an exported event unchanged",
    )
    org_id: str | None = Field(
        default=None, description="Optional; must be the token's organisation"
    )
    clock_offset_ms: int = Field(
        default=0,
        ge=-SKEW_MS_MAX,
        le=SKEW_MS_MAX,
        description="The correction, in milliseconds, that the sender had already added to its "
        "clock when it set `timestamp`",
    )
    clock_skew_ms: int | None = Field(
        default=None,
        ge=-SKEW_MS_MAX,
        le=SKEW_MS_MAX,
        description="The value of an exported event, to import it unchanged",
    )
    received_at: str | None = Field(
        default=None,
        description="Ignored, so that an exported event can be imported unchanged. The time at "
        "which the API receives this request is stored",
    )


class EventBatch(BaseModel):
    """1 to 100 events of up to 32 KiB each, and up to 1 MiB in total after decompression."""

    model_config = ConfigDict(extra="forbid")

    events: list[EventPayload] = Field(min_length=1, max_length=EVENTS_PER_REQUEST_MAX)
    sent_at: str | None = Field(
        default=None,
        description="The time of this attempt by the sender's clock (RFC 3339). It may differ "
        "between retries with the same Idempotency-Key. Alternatively, send the header "
        "X-Analytics-Sent-At",
    )
