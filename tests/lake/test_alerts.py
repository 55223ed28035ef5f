"""An alert counts events of the real lake and calls a real endpoint, in a server and in a pass."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from standardwebhooks import Webhook

from api.domain.events import Event
from api.domain.times import format_timestamp
from api.lake.reader import DuckDBReader
from api.lake.storage import LakeStorage
from api.lake.tables import DeltaTables
from api.services import views
from api.services.alert_checks import AlertChecker, keep_checking
from api.services.alerts import NewAlert, create_alert
from api.services.webhooks import WebhookSender
from api.stores.protocol import Store
from tests.contract.acts import ORG, Acting, organization_with
from tests.contract.alerts import SECRET, state_of
from tests.receiver import Receiver
from tests.support import ManualClock

STATE = (
    "interval=hour&series=%7B%22event_type%22%3A%22paid%22%2C%22aggregate%22%3A%22sum%22"
    "%2C%22property%22%3A%22amount%22%7D"
    "&filter=%7B%22property%22%3A%22plan%22%2C%22operator%22%3A%22is%22%2C%22values%22%3A%5B%22pro%22%5D%7D"
)


def paid(at: datetime, number: int, amount: float, plan: str = "pro") -> Event:
    properties = {"amount": amount, "plan": plan}
    return Event(ORG, f"e{number}", "paid", "u", format_timestamp(at), properties)


async def test_an_alert_fires_retries_and_is_resolved(
    store: Store, clock: ManualClock, tmp_path: Path
):
    clock.moment = datetime(2026, 3, 10, 12, 15, tzinfo=UTC)
    hour = clock().replace(minute=0)
    tables = DeltaTables(LakeStorage.in_folder(tmp_path))
    acting = Acting(clock)
    await organization_with(store, acting, [])
    await views.create_view(
        store, acting(), ORG, views.NewView("Revenue", "explore", STATE), random="a"
    )
    await tables.append(
        ORG,
        [
            paid(hour - timedelta(minutes=90), 1, 100),
            paid(hour - timedelta(minutes=30), 2, 40),
            paid(hour - timedelta(minutes=20), 3, 9),
            paid(hour - timedelta(minutes=10), 4, 500, plan="free"),
            paid(hour + timedelta(minutes=5), 5, 700),
        ],
    )
    async with Receiver(responses=[500]) as receiver:
        new = NewAlert("Less revenue", "view_a", "decrease", 50, receiver.url)
        alert = await create_alert(store, acting(), ORG, new, random="1", secret=SECRET)
        reader = DuckDBReader(LakeStorage.in_folder(tmp_path))
        checker = AlertChecker(store, reader, WebhookSender(is_local=True), clock)
        await checker.run()
        failed = await state_of(store, alert)
        clock.forward(minutes=7)
        await checker.run()
        fired = await state_of(store, alert)
        clock.forward(hours=1)
        server = asyncio.create_task(keep_checking(checker))
        receiver.arrived.clear()
        await receiver.arrived.wait()
        server.cancel()
    messages = [json.loads(request.body) for request in receiver.requests]
    first, second, third = receiver.requests

    assert (failed.status, failed.previous_value, failed.value) == ("firing", 100, 49)
    assert failed.last_delivery
    assert fired.last_delivery
    assert [failed.last_delivery.status, fired.last_delivery.status] == ["retrying", "delivered"]
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-id"] != third.headers["webhook-id"]
    assert [one["type"] for one in messages] == ["alert.fired", "alert.fired", "alert.resolved"]
    assert [one["data"]["value"] for one in messages] == [49, 49, 700]
    at = datetime.fromtimestamp(int(first.headers["webhook-timestamp"]), UTC)
    signature = Webhook(SECRET).sign(first.headers["webhook-id"], at, first.body)
    assert first.headers["webhook-signature"] == signature
