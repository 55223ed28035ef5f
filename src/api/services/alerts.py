"""Alerts on saved views, and the messages that they send.

Alerts are changed by administrative acts, as views are. `api.services.alert_checks` checks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from api.domain.alerts import TEST, Alert, AlertState, state_id_of
from api.domain.calendars import UTC_ZONE
from api.domain.reference import Organization
from api.domain.times import format_timestamp
from api.domain.views import View
from api.services.acts import Change, Context, perform
from api.services.view_questions import question_of
from api.services.views import create_saved, find_saved, list_saved, require_version
from api.services.webhooks import PostResult, WebhookSender, check_url, sign
from api.stores.protocol import Store


@dataclass(frozen=True, slots=True)
class NewAlert:
    """The view of a new alert, its condition and its endpoint."""

    name: str
    view_id: str
    condition: str
    threshold: float
    url: str
    enabled: bool = True


async def create_alert(
    store: Store, context: Context, org_id: str, new: NewAlert, *, random: str, secret: str
) -> Alert:
    """Create an alert whose id contains the text `random`.

    Raises ApiError `alert_limit_reached`, `invalid_payload` if the view doesn't exist, and
    `alert_unsupported` if the view doesn't show one number over time.
    """
    now = format_timestamp(context.now)
    alert = Alert(
        org_id=org_id,
        alert_id=f"alert_{random}",
        name=new.name,
        view_id=new.view_id,
        condition=new.condition,
        threshold=new.threshold,
        url=new.url,
        enabled=new.enabled,
        secret=secret,
        created_by=context.user_id,
        created_at=now,
        updated_at=now,
    )
    view = await store.read(View, org_id, new.view_id)
    if view and not view.record.is_removed:  # `create_saved` reports a missing view
        question_of(view.record.page, view.record.state, context.now.astimezone(UTC_ZONE).date())
    details = {"name": new.name, "view_id": new.view_id}
    return await create_saved(store, context, alert, details)


async def rotate_secret(
    store: Store,
    context: Context,
    org_id: str,
    alert_id: str,
    secret: str,
    *,
    version: str | None = None,
) -> Alert:
    """Replace the secret of an alert. Raises ApiError as `update_saved` does."""

    async def decide(known: Organization) -> Change:
        alert = await find_saved(store, Alert, org_id, alert_id)
        require_version(alert, version)
        rotated = alert.rotated(secret, context.now)
        changed = replace(rotated, updated_at=format_timestamp(context.now))
        return Change(known, [changed], {"name": alert.name})

    await perform(store, context, org_id, "alert.rotate_secret", alert_id, decide)
    return await find_saved(store, Alert, org_id, alert_id)


async def read_state(store: Store, alert: Alert) -> AlertState:
    """Return what the last check of the alert found."""
    stored = await store.read(AlertState, alert.org_id, state_id_of(alert.alert_id))
    return stored.record if stored else AlertState(alert.org_id, alert.alert_id)


async def read_states(store: Store, org_id: str) -> Mapping[str, AlertState]:
    """Return what the last checks found, by the id of the alert."""
    found = await store.find(AlertState, org_id, first="state_", last="state_\uffff")
    return {state.alert_id: state for state in found}


async def list_alerts(store: Store, org_id: str) -> list[tuple[Alert, AlertState]]:
    """Return the organisation's alerts, newest first, with their states."""
    alerts = await list_saved(store, Alert, org_id)
    if not alerts:
        return []
    states = await read_states(store, org_id)
    empty = AlertState(org_id, "")
    return [(alert, states.get(alert.alert_id, empty)) for alert in alerts]


async def send_test(
    store: Store, alert: Alert, sender: WebhookSender, now: datetime, *, message_id: str
) -> PostResult:
    """Send a test message to the endpoint of the alert, once."""
    view = await find_saved(store, View, alert.org_id, alert.view_id)
    body = message_body(TEST, alert, view, now, {})
    return await send(alert, sender, now, message_id, body)


async def send(
    alert: Alert, sender: WebhookSender, now: datetime, message_id: str, body: str
) -> PostResult:
    """Sign a message and send it once."""
    return await sender.post(alert.url, sign(alert.secrets(now), message_id, now, body), body)


def message_body(
    kind: str, alert: Alert, view: View, now: datetime, found: Mapping[str, Any]
) -> str:
    """Return the JSON of a message. `found` contains the interval and its value."""
    data = {
        "org_id": alert.org_id,
        "alert_id": alert.alert_id,
        "alert_name": alert.name,
        "view_id": view.view_id,
        "view_name": view.name,
        "condition": {"type": alert.condition, "threshold": alert.threshold},
        **found,
    }
    message = {"type": kind, "timestamp": format_timestamp(now), "data": data}
    return orjson.dumps(message).decode()


def check_endpoint(url: str, *, is_local: bool) -> None:
    """Raise ApiError `endpoint_invalid` unless messages can be sent to the URL."""
    check_url(url, is_local=is_local)
