"""Alerts on saved views: their conditions, their states and the messages that report changes.

Administrative acts write `Alert`; `api.services.acts` describes how. Checks write `AlertState`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from api.domain.calendars import Buckets, Interval, LocalRange, buckets_of, start_of_interval
from api.domain.insights import Number
from api.domain.times import ONE_DAY, format_timestamp
from api.domain.views import Named

ConditionKind = Literal["above", "below", "increase", "decrease"]
CONDITION_KINDS: tuple[ConditionKind, ...] = get_args(ConditionKind)

SETTLE_TIME = timedelta(minutes=10)  # after the end of an interval, for events that arrive late
PREVIOUS_SECRET_TIME = timedelta(hours=24)  # during which both secrets sign messages
ATTEMPTS_MAX = 9  # of a message, over 21 to 27 hours
MESSAGES_MAX = 10  # of one alert that wait for a retry
GIVE_UP_AFTER = timedelta(days=2)  # also while an alert is paused
_FIRST_PAUSE = timedelta(minutes=5)
_JITTER_MAX = 0.25  # of the pause

OK, FIRING = "ok", "firing"
FIRED, RESOLVED, TEST = "alert.fired", "alert.resolved", "alert.test"


@dataclass(frozen=True, slots=True)
class Alert(Named):
    """A condition on the number that a saved view shows, and the endpoint that gets messages."""

    org_id: str
    alert_id: str
    name: str  # empty if the alert was deleted; the record is deleted later
    view_id: str
    condition: str  # one of CONDITION_KINDS
    threshold: float  # a value, or percent of the value before
    url: str
    enabled: bool
    secret: str  # signs messages
    created_by: str  # a user id
    created_at: str
    updated_at: str
    previous_secret: str = ""
    previous_until: str = ""  # when the previous secret expires
    act: int = 0

    def removed(self) -> "Alert":
        """Return the record that remains for a while, without the endpoint and the secrets."""
        return replace(self, name="", url="", secret="", previous_secret="")

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets that sign messages now."""
        if self.previous_secret and format_timestamp(now) < self.previous_until:
            return self.secret, self.previous_secret
        return (self.secret,)

    def rotated(self, secret: str, now: datetime) -> "Alert":
        """Return the alert with a new secret. The current one signs messages for another day."""
        until = format_timestamp(now + PREVIOUS_SECRET_TIME)
        return replace(self, secret=secret, previous_secret=self.secret, previous_until=until)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that isn't delivered yet. Every attempt sends the same id and body."""

    message_id: str
    type: str
    body: str  # JSON
    created_at: str
    next_at: str  # the time of the next attempt
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """The result of the last attempt to deliver a message."""

    message_id: str
    type: str
    status: str  # "delivered", "retrying" or "failed"
    response_status: int | None  # of the endpoint; None if there was no response
    error: str  # empty if the message was delivered
    attempts: int
    at: str


@dataclass(frozen=True, slots=True)
class AlertState:
    """The result of the last check of an alert, and the messages to deliver.

    `basis` identifies the versions of the alert and of the view, and the time zone. An interval is
    checked once per basis.
    """

    org_id: str
    alert_id: str
    status: str = OK  # OK or FIRING
    basis: str = ""
    bucket: str = ""  # the start of the interval that was checked
    value: float | None = None
    previous_value: float | None = None
    checked_at: str = ""
    error: str = ""  # why the last check failed
    messages: tuple[Message, ...] = ()
    last_delivery: Delivery | None = None
    gone: int = 0  # the version of the alert for which the endpoint responded with 410

    @property
    def state_id(self) -> str:
        return state_id_of(self.alert_id)

    def is_disabled(self, alert: Alert) -> bool:
        """Return whether the endpoint has refused messages since the alert was last changed."""
        return self.gone == alert.act > 0

    def due(self, now: datetime) -> tuple[Message, ...]:
        """Return the messages whose next attempt is due."""
        at = format_timestamp(now)
        return tuple(message for message in self.messages if message.next_at <= at)

    def with_message(self, message: Message) -> "AlertState":
        """Return the state with another message. The oldest are dropped if there are too many."""
        return replace(self, messages=(*self.messages, message)[-MESSAGES_MAX:])

    def without(self, message_id: str) -> "AlertState":
        left = tuple(one for one in self.messages if one.message_id != message_id)
        return replace(self, messages=left)


def state_id_of(alert_id: str) -> str:
    return f"state_{alert_id.removeprefix('alert_')}"


def attempt(state: AlertState, message: Message, now: datetime, jitter: float) -> AlertState:
    """Return the state in which an attempt to deliver the message has begun.

    The next attempt is planned at the same time, so a process that is killed loses nothing.
    `jitter` is from 0 to 1.
    """
    pause = _FIRST_PAUSE * 2**message.attempts * (1 + _JITTER_MAX * jitter)
    begun = replace(message, attempts=message.attempts + 1, next_at=format_timestamp(now + pause))
    messages = tuple(begun if one == message else one for one in state.messages)
    return replace(state, messages=messages)


def is_given_up(message: Message, now: datetime) -> bool:
    """Return whether there are no further attempts to deliver the message."""
    oldest = format_timestamp(now - GIVE_UP_AFTER)
    return message.attempts >= ATTEMPTS_MAX or message.created_at < oldest


def is_met(
    condition: str, threshold: float, value: Number | None, previous: Number | None
) -> bool | None:
    """Return whether the condition is met, or None if there are no numbers to compare.

    A change from 0 to another value is larger than any percentage.
    """
    if value is None:
        return None
    if condition == "above":
        return value > threshold
    if condition == "below":
        return value < threshold
    if previous is None:
        return None
    change = value - previous if condition == "increase" else previous - value
    return change > 0 and change * 100 >= threshold * abs(previous)


@dataclass(frozen=True, slots=True)
class Interest:
    """The last complete interval, and the range of days that contains it and the one before."""

    span: LocalRange
    index: int  # of the interval in the buckets of the span
    buckets: Buckets

    @property
    def start(self) -> str:
        return self.buckets.labels[self.index].isoformat()

    @property
    def end(self) -> str:
        zone = self.span.zone
        return self.buckets.edges[self.index + 1].astimezone(zone).isoformat()


def last_complete(interval: Interval, zone: ZoneInfo, now: datetime) -> Interest:
    """Return the last interval that ended at least SETTLE_TIME ago."""
    moment = now - SETTLE_TIME
    today = moment.astimezone(zone).date()
    last = start_of_interval(today, interval, "monday") - ONE_DAY
    first = start_of_interval(last, interval, "monday") - ONE_DAY
    if interval == "hour":
        last = today
    span = LocalRange(start_of_interval(first, interval, "monday"), last, zone)
    buckets = buckets_of(span, interval, "monday")
    complete = sum(edge <= moment for edge in buckets.edges[1:])
    return Interest(span, complete - 1, buckets)
