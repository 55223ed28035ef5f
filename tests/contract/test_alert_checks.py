"""Checks of alerts on every store, and the delivery of their messages."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from api.domain.alerts import ATTEMPTS_MAX
from api.domain.reference import Organization
from api.domain.times import parse_timestamp
from api.domain.views import View
from api.lake.protocol import LakeUnavailable, query_too_expensive
from api.services import alerts, views
from api.services.organizations import put
from api.services.webhooks import PostResult, WebhookSender, spell_secret
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting
from tests.contract.alerts import (
    HOOK,
    NEW,
    SECRET,
    Counted,
    Outbox,
    checker_of,
    edit,
    prepare,
    state_of,
)
from tests.receiver import Receiver
from tests.support import ManualClock


@pytest.fixture
def checker(any_store: Store, clock: ManualClock) -> Callable[..., Counted]:
    return checker_of(any_store, clock)


async def test_a_message_reports_each_change_once(
    any_store: Store, acting: Acting, clock: ManualClock, checker: Callable[..., Counted]
):
    """The interval is checked once, and again if the alert or its view has changed."""
    alert = await prepare(any_store, acting)
    outbox = Outbox()
    few, many = checker(20, 5, sender=outbox), checker(5, 20, sender=outbox)
    for _ in range(3):
        await few.run()
    fired = await state_of(any_store, alert)
    clock.forward(hours=1)
    await few.run()  # still fires
    clock.forward(hours=1)
    await many.run()

    assert few.counted == [
        f"{ORG} hour 2026-03-10T10:00:00+00:00",
        f"{ORG} hour 2026-03-10T11:00:00+00:00",
    ]
    assert (fired.status, fired.value, fired.previous_value) == ("firing", 5, 20)
    assert (await state_of(any_store, alert)).status == "ok"
    assert outbox.types == ["alert.fired", "alert.resolved"]
    assert json.loads(outbox.sent[0][1]) == {
        "type": "alert.fired",
        "timestamp": fired.checked_at,
        "data": {
            "org_id": ORG,
            "alert_id": alert.alert_id,
            "alert_name": "Few sign-ups",
            "view_id": "view_a",
            "view_name": "Sign-ups",
            "condition": {"type": "below", "threshold": 10},
            "interval": {
                "start": "2026-03-10T10:00:00+00:00",
                "end": "2026-03-10T11:00:00+00:00",
            },
            "value": 5,
            "previous_value": 20,
        },
    }
    await edit(any_store, acting, alert, threshold=30.0)
    await many.run()
    await views.update_saved(
        any_store, acting(), View, ORG, "view_a", views.Edit({"state": "interval=day"})
    )
    await checker(None, sender=outbox).run()  # no events to average: the state stays
    assert (await state_of(any_store, alert)).status == "firing"
    assert outbox.types[2:] == ["alert.fired"]


async def test_days_begin_in_the_time_zone_of_the_organisation(
    any_store: Store, acting: Acting, checker: Callable[..., Counted]
):
    await prepare(any_store, acting, state="")
    stored = await any_store.read(Organization, ORG)
    assert stored
    await put(any_store, replace(stored.record, timezone="Pacific/Auckland"))
    few = checker(5)
    await few.run()

    assert few.counted == [f"{ORG} day 2026-03-10T00:00:00+13:00"]  # it is the 11th there


async def test_an_alert_that_is_paused_or_of_a_suspended_organisation_is_not_checked(
    any_store: Store, acting: Acting, checker: Callable[..., Counted]
):
    alert = await prepare(any_store, acting)
    outbox = Outbox()
    await edit(any_store, acting, alert, enabled=False)
    await checker(5, sender=outbox).run()
    await edit(any_store, acting, alert, enabled=True)
    stored = await any_store.read(Organization, ORG)
    assert stored
    await put(any_store, replace(stored.record, status="suspended"))
    await checker(5, sender=outbox).run()

    assert outbox.sent == []


async def test_a_message_is_retried_with_the_same_id_for_about_a_day(
    any_store: Store, acting: Acting, clock: ManualClock, checker: Callable[..., Counted]
):
    alert = await prepare(any_store, acting)
    outbox, begun = Outbox(statuses=[500] * 100), clock()
    failing = checker(5, sender=outbox)
    await failing.run()
    retrying = state = await state_of(any_store, alert)
    times = [clock() - begun]
    while state.messages:
        clock.moment = parse_timestamp(state.messages[0].next_at)
        await failing.run()
        times.append(clock() - begun)
        state = await state_of(any_store, alert)
    given_up = state
    ids = {headers["webhook-id"] for headers, _ in outbox.sent}

    assert [one / timedelta(minutes=1) for one in times] == [
        *(0, 5, 15, 35, 75, 155, 315, 635, 1275)
    ]
    assert len(ids) == 1
    assert len({body for _, body in outbox.sent}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in outbox.sent}) == ATTEMPTS_MAX
    assert retrying.last_delivery
    assert (retrying.last_delivery.status, len(retrying.messages)) == ("retrying", 1)
    assert given_up.last_delivery
    assert (given_up.last_delivery.status, given_up.messages) == ("failed", ())
    assert given_up.last_delivery.error == "The endpoint responded with the status 500."
    assert given_up.last_delivery.attempts == ATTEMPTS_MAX


async def test_jitter_delays_a_retry_by_up_to_a_quarter(
    any_store: Store, acting: Acting, clock: ManualClock, checker: Callable[..., Counted]
):
    await prepare(any_store, acting)
    outbox = Outbox(statuses=[500])
    late = replace(checker(5, sender=outbox), jitter=lambda: 1.0)
    await late.run()
    clock.forward(minutes=6)
    await late.run()
    assert len(outbox.sent) == 1
    clock.forward(minutes=0.25)
    await late.run()
    assert outbox.types == ["alert.fired"] * 2


async def test_410_disables_the_alert_until_it_is_changed(
    any_store: Store, acting: Acting, clock: ManualClock, checker: Callable[..., Counted]
):
    alert = await prepare(any_store, acting)
    outbox = Outbox(statuses=[410])
    await checker(5, sender=outbox).run()
    disabled = await state_of(any_store, alert)
    clock.forward(hours=5)
    await checker(20, sender=outbox).run()
    assert disabled.is_disabled(alert)
    assert disabled.messages == ()
    assert len(outbox.sent) == 1

    changed = await edit(any_store, acting, alert, url=f"{HOOK}new")
    await checker(20, sender=outbox).run()
    assert not (await state_of(any_store, alert)).is_disabled(changed)
    assert outbox.types == ["alert.fired", "alert.resolved"]


async def test_two_overlapping_passes_send_one_message(
    any_store: Store, acting: Acting, checker: Callable[..., Counted]
):
    await prepare(any_store, acting)
    outbox = Outbox()
    await asyncio.gather(*(checker(5, sender=outbox).run() for _ in range(4)))
    await checker(5, sender=outbox).run()

    assert len({headers["webhook-id"] for headers, _ in outbox.sent}) == 1
    assert len(outbox.sent) == 1


async def test_a_pass_that_is_killed_while_it_sends_is_resumed_with_the_same_id(
    any_store: Store, acting: Acting, clock: ManualClock, checker: Callable[..., Counted]
):
    sender = WebhookSender(is_local=True, seconds_max=60)
    async with Receiver(responses=[None, 500]) as receiver:
        await prepare(any_store, acting, replace(NEW, url=receiver.url))
        killed = asyncio.create_task(checker(5, sender=sender).run())
        await receiver.arrived.wait()
        killed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killed
        await checker(5, sender=sender).run()  # nothing is due yet
        for _ in range(4):
            clock.forward(minutes=10)
            await checker(5, sender=sender).run()
        clock.forward(hours=1)
        await checker(20, sender=sender).run()

    first, second, third, resolved = receiver.requests
    assert len({one.headers["webhook-id"] for one in (first, second, third)}) == 1
    assert len({one.body for one in (first, second, third)}) == 1
    assert resolved.headers["webhook-id"] != first.headers["webhook-id"]
    assert json.loads(resolved.body)["type"] == "alert.resolved"
    for request in receiver.requests:
        message_id = request.headers["webhook-id"]
        at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
        signature = Webhook(SECRET).sign(message_id, at, request.body)
        assert request.headers["webhook-signature"] == signature


async def test_both_secrets_sign_messages_for_a_day_after_a_rotation(
    any_store: Store, acting: Acting, clock: ManualClock, checker: Callable[..., Counted]
):
    alert = await prepare(any_store, acting)
    new = spell_secret(b"n" * 24)
    await alerts.rotate_secret(any_store, acting(), ORG, alert.alert_id, new)
    outbox = Outbox()
    await checker(5, sender=outbox).run()
    clock.forward(days=1)
    await checker(20, sender=outbox).run()
    signatures = [headers["webhook-signature"].split() for headers, _ in outbox.sent]

    assert [len(one) for one in signatures] == [2, 1]


@pytest.mark.parametrize(
    ("fault", "error", "is_repeated"),
    [
        (RuntimeError("a fault in our code"), "", True),
        (LakeUnavailable("away"), "unavailable", True),
        (query_too_expensive(), "too much time", False),  # not before the next interval
    ],
    ids=["unexpected", "lake", "expensive"],
)
async def test_an_error_of_one_organisation_does_not_stop_the_others(
    store: Store,
    acting: Acting,
    clock: ManualClock,
    fault: Exception,
    error: str,
    is_repeated: bool,  # noqa: FBT001 - a parameter of the test
):
    alert = await prepare(store, acting)
    for org_id in ("org_a", "org_z"):
        await put(store, Organization(org_id, "", "", "", owners=()))
        await put(store, View(org_id, "view_a", "V", "overview", "interval=hour", "", "", ""))
        await put(store, replace(alert, org_id=org_id))

    def fail_for_one(org_id: str) -> tuple[float, float]:
        if org_id == ORG:
            raise fault
        return 5, 5

    failing = replace(checker_of(store, clock)(5), values=fail_for_one)
    await failing.run()
    await failing.run()
    own = [one for one in failing.counted if one.startswith(ORG)]
    others = [replace(alert, org_id=one) for one in ("org_a", "org_z")]

    assert error in (await state_of(store, alert)).error
    assert len(own) == (2 if is_repeated else 1)
    assert [(await state_of(store, one)).status for one in others] == ["firing", "firing"]


async def test_a_view_that_no_longer_shows_one_number_is_reported(
    any_store: Store, acting: Acting, checker: Callable[..., Counted]
):
    alert = await prepare(any_store, acting)
    await views.update_saved(
        any_store, acting(), View, ORG, "view_a", views.Edit({"state": "by=plan"})
    )
    await checker(5).run()
    broken = await state_of(any_store, alert)
    await views.update_saved(any_store, acting(), View, ORG, "view_a", views.Edit({"state": ""}))
    await checker(5).run()

    assert broken.error.endswith("Remove its breakdown.")
    assert (await state_of(any_store, alert)).error == ""


async def test_a_stopped_pass_is_continued_with_the_alerts_that_it_left_out(
    any_store: Store, acting: Acting, clock: ManualClock
):
    alert = await prepare(any_store, acting)
    others = [replace(alert, alert_id=f"alert_{name}") for name in "234"]
    for other in others:
        await put(any_store, other)
    stalls = asyncio.Event()

    class Stalling(Outbox):
        async def post(self, _url: str, headers: dict[str, str], body: str) -> PostResult:
            self.sent.append((headers, body))
            clock.forward(seconds=1)
            if len(self.sent) % 2 == 0:
                stalls.set()
                await asyncio.Event().wait()
            return PostResult(200)

    outbox = Stalling()
    for _ in range(2):
        stalls.clear()
        stopped = asyncio.create_task(checker_of(any_store, clock)(5, sender=outbox).run())
        await stalls.wait()
        stopped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopped
    checked = {json.loads(body)["data"]["alert_id"] for _, body in outbox.sent}

    assert checked == {alert.alert_id, *(other.alert_id for other in others)}
