"""The bodies of requests and responses about alerts."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.domain.alerts import Alert, AlertState, ConditionKind
from api.domain.field_patterns import VIEW_ID, VISIBLE_NAME, WEBHOOK_URL
from api.routers.bodies import without_default
from api.services.input_checks import NAME_MAX
from api.services.webhooks import URL_MAX

THRESHOLD_MAX = 1e15


class AlertCondition(BaseModel):
    """The condition that an alert checks on the last complete interval of its view."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: ConditionKind = Field(
        description="`above` and `below` compare the value with the threshold. `increase` and "
        "`decrease` compare its change since the interval before, in percent"
    )
    threshold: float = Field(
        ge=-THRESHOLD_MAX,
        le=THRESHOLD_MAX,
        allow_inf_nan=False,
        description="A value, or a percentage greater than 0",
        examples=[1000],
    )

    @model_validator(mode="after")
    def _require_percentage(self) -> Self:
        if self.type in ("increase", "decrease") and self.threshold <= 0:
            raise PydanticCustomError("percentage", "must have a threshold greater than 0")
        return self


class _Endpoint(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    enabled: bool = Field(
        default=True, description="A paused alert is not checked and sends no messages"
    )


class NewAlert(_Endpoint):
    """A condition on a saved view, and the endpoint to notify."""

    name: str = Field(
        min_length=1, max_length=NAME_MAX, pattern=VISIBLE_NAME, examples=["Few sign-ups"]
    )
    view_id: str = Field(
        pattern=VIEW_ID,
        description="A view of the Overview, or of Explore with one series and no breakdown",
    )
    condition: AlertCondition
    url: str = Field(
        max_length=URL_MAX,
        pattern=WEBHOOK_URL,
        description="The endpoint that gets messages as Standard Webhooks",
        examples=["https://hooks.acme.example/alerts"],
    )


class AlertChange(_Endpoint):
    """The fields of an alert to change. The others remain as they are."""

    name: str = Field(
        default="",
        min_length=1,
        max_length=NAME_MAX,
        pattern=VISIBLE_NAME,
        json_schema_extra=without_default,
    )
    condition: AlertCondition = Field(
        default=AlertCondition(type="above", threshold=0), json_schema_extra=without_default
    )
    url: str = Field(
        default="", max_length=URL_MAX, pattern=WEBHOOK_URL, json_schema_extra=without_default
    )


class AlertDelivery(BaseModel):
    """The result of the last attempt to deliver a message."""

    message_id: str
    type: str = Field(examples=["alert.fired"])
    status: Literal["delivered", "retrying", "failed"]
    response_status: int | None = Field(description="Null if the endpoint didn't respond")
    error: str = Field(description="Empty if the message was delivered")
    attempts: int
    at: str


class AlertCheck(BaseModel):
    """The result of the last check."""

    status: Literal["ok", "firing"]
    disabled: bool = Field(
        description="Whether the endpoint responded with 410, so that the alert is not checked "
        "until it is changed"
    )
    checked_at: str | None = Field(description="Null before the first check")
    interval_start: str | None = Field(description="The start of the interval that was checked")
    value: float | None
    previous_value: float | None = Field(description="The value of the interval before")
    error: str | None = Field(description="Why the last check failed")
    pending_messages: int = Field(description="The messages that wait for their next attempt")
    last_delivery: AlertDelivery | None

    @classmethod
    def of(cls, alert: Alert, state: AlertState) -> Self:
        return cls.model_validate(
            {
                "status": state.status,
                "disabled": state.is_disabled(alert),
                "checked_at": state.checked_at or None,
                "interval_start": state.bucket or None,
                "value": state.value,
                "previous_value": state.previous_value,
                "error": state.error or None,
                "pending_messages": len(state.messages),
                "last_delivery": state.last_delivery
                and AlertDelivery.model_validate(state.last_delivery, from_attributes=True),
            }
        )


class AlertDescription(BaseModel):
    """An alert, and what its last check found."""

    alert_id: str = Field(examples=["alert_5b2e90d17fa3c846"])
    name: str
    view_id: str
    condition: AlertCondition
    url: str
    enabled: bool
    state: AlertCheck
    created_by: str = Field(description="The user_id of the member who created it")
    created_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    updated_at: str = Field(examples=["2026-01-31T09:30:00.123456Z"])
    version: str = Field(description="The ETag without its quotation marks", examples=["17"])

    @classmethod
    def of(cls, alert: Alert, state: AlertState) -> Self:
        own = {name: getattr(alert, name, None) for name in cls.model_fields}
        condition = {"type": alert.condition, "threshold": alert.threshold}
        return cls.model_validate(
            own | {"condition": condition, "state": AlertCheck.of(alert, state)}
        )


class AlertSecret(AlertDescription):
    """An alert with the new secret that signs its messages. The secret is shown only once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class AlertList(BaseModel):
    """A page of the organisation's alerts, newest first. Only a null cursor ends the list."""

    data: Sequence[AlertDescription]
    next_cursor: str | None


class AlertTest(BaseModel):
    """The response of the endpoint to a test message."""

    message_id: str
    delivered: bool = Field(description="Whether the endpoint responded with a status of 2xx")
    response_status: int | None = Field(description="Null if the endpoint didn't respond")
    error: str | None = Field(description="Why there was no response")
    duration_ms: int
