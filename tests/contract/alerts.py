"""Alerts in tests: an alert on a view, and checkers that need no lake."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from api.domain.alerts import Alert, AlertState, Interest
from api.services import alerts, views
from api.services.alert_checks import AlertChecker
from api.services.alerts import NewAlert
from api.services.view_questions import Question
from api.services.webhooks import PostResult, WebhookSender, spell_secret
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting, organization_with
from tests.support import ManualClock

SECRET = spell_secret(b"s" * 24)
HOOK = "https://hooks.example/"
NEW = NewAlert("Few sign-ups", "view_a", "below", 10, HOOK)

type Values = Callable[[str], tuple[float | None, float | None]]


@dataclass(frozen=True, slots=True)
class Counted(AlertChecker):
    """A checker whose values don't come from a lake."""

    values: Values = lambda _: (None, None)  # by the organisation
    counted: list[str] = field(default_factory=list)

    async def _values(self, org_id: str, question: Question, interest: Interest) -> Any:
        self.counted.append(f"{org_id} {question.interval} {interest.start}")
        return self.values(org_id)


@dataclass(frozen=True, slots=True)
class Outbox(WebhookSender):
    """A sender that keeps messages. `statuses` are those of the next responses; then 200."""

    statuses: list[int | None] = field(default_factory=list)
    sent: list[tuple[dict[str, str], str]] = field(default_factory=list)

    async def post(self, _url: str, headers: dict[str, str], body: str) -> PostResult:
        self.sent.append((headers, body))
        return PostResult(self.statuses.pop(0) if self.statuses else 200)

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.sent]


async def prepare(
    store: Store, acting: Acting, new: NewAlert = NEW, state: str = "interval=hour"
) -> Alert:
    await organization_with(store, acting, [])
    view = views.NewView("Sign-ups", "explore", state)
    await views.create_view(store, acting(), ORG, view, random="a")
    return await alerts.create_alert(store, acting(), ORG, new, random="1", secret=SECRET)


async def state_of(store: Store, alert: Alert) -> AlertState:
    return await alerts.read_state(store, alert)


async def edit(store: Store, acting: Acting, alert: Alert, **changes: Any) -> Alert:
    edited = views.Edit(changes)
    return await views.update_saved(store, acting(), Alert, ORG, alert.alert_id, edited)


def checker_of(store: Store, clock: ManualClock) -> Callable[..., Counted]:
    """Return a function that makes a checker, given the values of two intervals or only of one."""
    numbers = count(1)

    def make(*values: float | None, sender: WebhookSender | None = None) -> Counted:
        lake: Any = None
        return Counted(
            store,
            lake,
            sender or Outbox(),
            clock,
            lambda: str(next(numbers)),
            lambda: 0.0,
            values=lambda _: (values[0], values[-1]),
        )

    return make
