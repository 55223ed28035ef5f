"""Check alerts and deliver their messages. Every step can be repeated, in several processes.

1. The last complete interval of the alert's view is counted in the event lake, once per version of
   the alert and of the view.
2. A conditional write stores the result. If the alert fires or is resolved, the same write stores
   the message, so a change has one message with one id.
3. Before each attempt to deliver a message, a conditional write plans the next attempt. A process
   that is killed during an attempt therefore loses nothing, and the next attempt has the same id.

The work begins with the organisation and the alert that were checked longest ago, so a pass that
doesn't finish continues in the next pass.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import uuid4
from zoneinfo import ZoneInfo

from api import telemetry
from api.domain.alerts import (
    FIRED,
    FIRING,
    OK,
    RESOLVED,
    Alert,
    AlertState,
    Delivery,
    Interest,
    Message,
    attempt,
    is_given_up,
    is_met,
    last_complete,
    state_id_of,
)
from api.domain.calendars import UTC_ZONE, find_zone
from api.domain.insights import Scope, TrendQuery
from api.domain.reference import ACTIVE, Organization
from api.domain.times import Clock, format_timestamp
from api.domain.views import View
from api.errors import ApiError, reason_of
from api.lake.protocol import LakeReader
from api.services.alerts import message_body, send
from api.services.insights import Insights
from api.services.view_questions import Question, question_of
from api.services.webhooks import PostResult, WebhookSender
from api.stores.protocol import Conflict, Store, Stored

PASS_SECONDS = 200  # a function is stopped after 300 s
ORGANIZATION_SECONDS = 40  # of one organisation in a pass
_AT_ONCE = 4  # organisations
_PAUSE_SECONDS = 60
_SAVE_ATTEMPTS_MAX = 5
_REPEATED = "The event lake is unavailable. The check will be repeated."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertChecker:
    """A process that checks the alerts of all organisations."""

    store: Store
    lake: LakeReader
    sender: WebhookSender
    now: Clock
    new_id: Callable[[], str] = lambda: uuid4().hex
    jitter: Callable[[], float] = random.random
    pass_seconds: float = PASS_SECONDS
    organization_seconds: float = ORGANIZATION_SECONDS

    async def run(self) -> None:
        """Check all alerts, as far as the time of a pass permits."""
        states = {
            (one.org_id, one.alert_id): one
            for one in await self.store.find(AlertState, None, first="state_", last="state_\uffff")
        }
        found = await self.store.find(Alert, None, first="alert_", last="alert_\uffff")
        alerts = {(one.org_id, one.alert_id): one for one in found if not one.is_removed}
        for key in states.keys() - alerts.keys():
            await _guarded(self._forget(*key), *key)
        turn = asyncio.Semaphore(_AT_ONCE)

        async def check(own: Sequence[Alert]) -> None:
            async with turn:
                await _guarded(self._check_organization(own), own[0].org_id)

        with suppress(TimeoutError):
            async with asyncio.timeout(self.pass_seconds), asyncio.TaskGroup() as group:
                for own in _oldest_first(list(alerts.values()), states):
                    group.create_task(check(own))

    async def _check_organization(self, alerts: Sequence[Alert]) -> None:
        org_id = alerts[0].org_id
        async with asyncio.timeout(self.organization_seconds):
            organization = await self.store.read(Organization, org_id)
            if organization is None or organization.record.status != ACTIVE:
                return
            zone = _zone_of(organization.record)
            for alert in alerts:
                if alert.enabled:
                    await _guarded(self.check(alert, zone), org_id, alert.alert_id)

    async def check(self, alert: Alert, zone: ZoneInfo) -> None:
        """Check an alert, and send its messages that are due."""
        stored = await self._state_of(alert)
        if stored.record.is_disabled(alert):
            return
        stored = await self._evaluate(alert, stored, zone)
        for message in stored.record.due(self.now()):
            stored = await self._deliver(alert, stored, message)

    async def _state_of(self, alert: Alert) -> Stored[AlertState]:
        """Return the state of the alert, and create it before the first check."""
        key = alert.org_id, state_id_of(alert.alert_id)
        if (known := await self.store.read(AlertState, *key)) is not None:
            return known
        return await self.store.create(AlertState(alert.org_id, alert.alert_id))

    async def _evaluate(
        self, alert: Alert, stored: Stored[AlertState], zone: ZoneInfo
    ) -> Stored[AlertState]:
        """Check the last complete interval, unless it was checked."""
        known, now = stored.record, self.now()
        view = await self.store.read(View, alert.org_id, alert.view_id)
        if view is None or view.record.is_removed:
            return stored  # the alert is being deleted
        basis = f"{alert.act} {view.record.act} {zone.key}"
        checked = replace(known, basis=basis, checked_at=format_timestamp(now), error="")
        try:
            today = now.astimezone(zone).date()
            question = question_of(view.record.page, view.record.state, today)
        except ApiError as error:
            failed = replace(checked, bucket="", error=error.detail)
            is_known = (known.basis, known.error) == (basis, error.detail)
            return stored if is_known else await self._replace(stored, failed)
        interest = last_complete(question.interval, zone, now)
        if (known.basis, known.bucket) == (basis, interest.start):
            return stored
        try:
            values = await self._values(alert.org_id, question, interest)
        except ApiError as error:
            is_final = error.code == "query_too_expensive"
            bucket, text = (interest.start, error.detail) if is_final else ("", _REPEATED)
            return await self._replace(stored, replace(checked, bucket=bucket, error=text))
        before, value = values
        found = replace(checked, bucket=interest.start, value=value, previous_value=before)
        return await self._replace(stored, self._transition(alert, view.record, found, interest))

    async def _replace(self, stored: Stored[AlertState], state: AlertState) -> Stored[AlertState]:
        return await self.store.replace(state, version=stored.version)

    async def _values(
        self, org_id: str, question: Question, interest: Interest
    ) -> tuple[float | None, float | None]:
        """Return the values of the interval before, and of the interval."""
        insights = Insights(self.lake, await self.lake.snapshot(org_id))
        scope = Scope(interest.span, question.filters)
        query = TrendQuery(scope, (question.series,), question.interval)
        values = (await insights.trends(query)).lines[0].figures.values
        return values[interest.index - 1], values[interest.index]

    def _transition(
        self, alert: Alert, view: View, found: AlertState, interest: Interest
    ) -> AlertState:
        """Return the state after a check, with a message if the alert fires or is resolved."""
        met = is_met(alert.condition, alert.threshold, found.value, found.previous_value)
        status = found.status if met is None else FIRING if met else OK
        if status == found.status:
            return found
        kind, now = FIRED if status == FIRING else RESOLVED, self.now()
        values = {
            "interval": {"start": interest.start, "end": interest.end},
            "value": found.value,
            "previous_value": found.previous_value,
        }
        body, at = message_body(kind, alert, view, now, values), format_timestamp(now)
        message = Message(f"msg_{self.new_id()}", kind, body, at, at)
        return replace(found, status=status).with_message(message)

    async def _deliver(
        self, alert: Alert, stored: Stored[AlertState], message: Message
    ) -> Stored[AlertState]:
        """Try to deliver a message, and store the result."""
        if is_given_up(message, self.now()):
            late = PostResult(None, "The alert was paused for too long.")
            return await self._save(stored, lambda state: self._after(state, alert, message, late))
        begun = attempt(stored.record, message, self.now(), self.jitter())
        stored = await self.store.replace(begun, version=stored.version)
        tried = next(one for one in begun.messages if one.message_id == message.message_id)
        outcome = await send(alert, self.sender, self.now(), message.message_id, message.body)
        return await self._save(stored, lambda state: self._after(state, alert, tried, outcome))

    def _after(
        self, state: AlertState, alert: Alert, message: Message, outcome: PostResult
    ) -> AlertState:
        """Return the state after an attempt."""
        now = self.now()
        if outcome.is_delivered:
            status = "delivered"
        elif outcome.is_gone or is_given_up(message, now):
            status = "failed"
        else:
            status = "retrying"
        error = outcome.error
        if not error and not outcome.is_delivered:
            error = f"The endpoint responded with the status {outcome.status}."
        delivery = Delivery(
            message.message_id,
            message.type,
            status,
            outcome.status,
            error,
            message.attempts,
            format_timestamp(now),
        )
        state = replace(state, last_delivery=delivery)
        if outcome.is_gone:
            return replace(state, gone=alert.act, messages=())
        return state if status == "retrying" else state.without(message.message_id)

    async def _save(
        self, stored: Stored[AlertState], change: Callable[[AlertState], AlertState]
    ) -> Stored[AlertState]:
        """Change the state, also if another process changes it meanwhile."""
        for _ in range(_SAVE_ATTEMPTS_MAX):
            try:
                return await self.store.replace(change(stored.record), version=stored.version)
            except Conflict:
                state = stored.record
                known = await self.store.read(AlertState, state.org_id, state.state_id)
                if known is None:
                    raise
                stored = known
        raise Conflict

    async def _forget(self, org_id: str, alert_id: str) -> None:
        """Delete the state of a deleted alert."""
        state = await self.store.read(AlertState, org_id, state_id_of(alert_id))
        alert = await self.store.read(Alert, org_id, alert_id)
        if state and (alert is None or alert.record.is_removed):
            await self.store.delete(
                AlertState, org_id, state.record.state_id, version=state.version
            )


def _oldest_first(
    alerts: Sequence[Alert], states: Mapping[tuple[str, str], AlertState]
) -> list[list[Alert]]:
    """Return the alerts of each organisation. Those with the longest wait are first."""

    def worked_at(alert: Alert) -> str:
        state = states.get((alert.org_id, alert.alert_id))
        if state is None:
            return ""
        return max(state.checked_at, state.last_delivery.at if state.last_delivery else "")

    by_org: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=worked_at):
        by_org.setdefault(alert.org_id, []).append(alert)
    return list(by_org.values())


def _zone_of(organization: Organization) -> ZoneInfo:
    try:
        return find_zone(organization.timezone)
    except ValueError:
        return UTC_ZONE


async def _guarded(work: Awaitable[object], org_id: str, alert_id: str = "") -> None:
    """Do the work. Log an error, so that it doesn't stop the work for other organisations."""
    try:
        await work
    except Conflict:
        return  # another process does the same work
    except Exception as error:
        unexpected = None if isinstance(error, (ApiError, TimeoutError)) else error
        fields = {"org_id": org_id, "alert_id": alert_id, "reason": reason_of(error)}
        log.warning("an alert can't be checked yet", exc_info=unexpected, extra={"fields": fields})


async def keep_checking(checker: AlertChecker) -> None:
    """Check alerts in an endless loop. Retry when the store fails."""
    while True:
        try:
            with telemetry.quiet():
                await checker.run()
        except Exception as error:
            fields = {"reason": reason_of(error)}
            log.warning("alerts wait", exc_info=error, extra={"fields": fields})
        await asyncio.sleep(_PAUSE_SECONDS)
