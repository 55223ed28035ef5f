"""`received_at` of GET /api/v1/events, from which usage can be counted again."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, Response

from api.domain.events import DayBatch, Event
from api.domain.reference import Organization
from api.services.organizations import put
from api.stores.cosmos import CosmosStore
from api.stores.protocol import Store, Unavailable
from tests.support import EVENTS, START, ManualClock, an_event, everything, send, statuses

WRITERS, PER_REQUEST, QUOTA = 16, 5, 203
EVER = {"start_date": "2025-01-01", "end_date": "2027-01-01"}


def times(listed: list[dict]) -> dict[str, str | None]:
    return {event["event_id"]: event["received_at"] for event in listed}


@pytest.mark.parametrize("key", ["k", None])
async def test_it_is_the_servers_time_whatever_the_timestamp_is(
    acme: AsyncClient, clock: ManualClock, key: str | None
):
    clock.forward(microseconds=123_456)
    old = an_event(2, timestamp="2025-01-31T10:00:00Z")
    await send(acme, an_event(1), old, key=key)

    moment = "2026-03-10T12:00:00.123456Z"
    assert times(await everything(acme)) == {"event-0001": moment, "event-0002": moment}


async def test_an_event_without_a_timestamp_has_the_time_of_receipt_as_its_timestamp(
    acme: AsyncClient,
):
    await send(acme, {"event_type": "seen", "user_id": "u"}, key="k")
    [event] = await everything(acme)

    assert event["timestamp"] == event["received_at"] == "2026-03-10T12:00:00.000000Z"


async def test_a_beacon_has_it_too(acme: AsyncClient):
    beacon = json.dumps({"api_key": "pk_local_acme", "events": [an_event(1)]})
    await acme.post(f"{EVENTS}/beacon", content=beacon, headers={"Content-Type": "text/plain"})

    assert times(await everything(acme)) == {"event-0001": "2026-03-10T12:00:00.000000Z"}


async def test_a_duplicate_does_not_change_it(acme: AsyncClient, clock: ManualClock):
    await send(acme, an_event(1), key="k")
    clock.forward(minutes=1)
    await send(acme, an_event(1), key="k")
    await send(acme, an_event(1), an_event(2), key="l")

    assert times(await everything(acme)) == {
        "event-0001": "2026-03-10T12:00:00.000000Z",
        "event-0002": "2026-03-10T12:01:00.000000Z",
    }


async def test_an_exported_event_can_be_sent_unchanged_and_is_received_then(
    acme: AsyncClient, clock: ManualClock, sign_in
):
    await send(acme, an_event(1))
    exported = await everything(acme)
    globex = await sign_in("ak_local_globex")
    clock.forward(minutes=1)
    copies = [{**event, "org_id": "org_globex"} for event in exported]
    response = await send(globex, *copies)

    assert statuses(response) == ["created"]
    assert times(await everything(globex)) == {"event-0001": "2026-03-10T12:01:00.000000Z"}


async def test_it_is_null_for_an_event_that_an_earlier_version_stored(
    acme: AsyncClient, store: Store
):
    event = Event("org_acme", "e", "seen", "u", "2026-03-10T11:00:00.000000Z", {})
    await store.append(DayBatch("org_acme", event.day, [event], "a hash@2026-03-10T11:00:01Z"))

    assert times(await everything(acme)) == {"e": None}


@pytest.fixture
def outages(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every third write of events fail, before or after it is performed."""
    writes, append = count(1), CosmosStore.append

    async def fail_often(store: CosmosStore, batch: DayBatch) -> None:
        number = next(writes)
        if number % 3:
            return await append(store, batch)
        if number % 2:
            await append(store, batch)
        raise Unavailable("an outage of the test")

    monkeypatch.setattr(type(app.state.resources.store), "append", fail_often)


class Writers:
    """Clients that send events until the quota refuses them. They retry failed requests."""

    def __init__(self, client: AsyncClient, clock: ManualClock) -> None:
        self.created = Counter[str]()
        self.interrupted: dict[str, list[dict[str, object]]] = {}
        self._client, self._clock = client, clock
        self._numbers = count()
        self._random = random.Random(16)  # noqa: S311 - a reproducible choice

    async def send_until_refused(self) -> None:
        refused = None
        while refused != "quota_exceeded":
            self._clock.forward(milliseconds=250)
            key = f"key-{next(self._numbers)}"
            events = [self._event() for _ in range(PER_REQUEST)]
            refused = (await self.deliver(events, key)).json().get("code")

    async def deliver(self, events: list[dict[str, object]], key: str) -> Response:
        """Send events, and remember the request if it must be sent again later."""
        response = await send(self._client, *events, key=key)
        if response.status_code == 201:
            assert set(statuses(response)) == {"created"}
            self.created.update(str(event["event_id"]) for event in events)
            self.interrupted.pop(key, None)
        elif response.json()["code"] != "quota_exceeded":
            self.interrupted[key] = events
        return response

    async def deliver_interrupted(self) -> None:
        while self.interrupted:
            for key, events in list(self.interrupted.items()):
                response = await self.deliver(events, key)
                assert response.json().get("code") != "quota_exceeded"

    def _event(self) -> dict[str, object]:
        ago = timedelta(hours=self._random.choice([0, 0, 0, 13, 30, 24 * 40]))
        return an_event(next(self._numbers), timestamp=(self._clock() - ago).isoformat())


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("outages")
async def test_usage_equals_a_recount_of_the_listing_by_the_time_of_receipt(
    acme: AsyncClient, store: Store, fold, sign_in, clock: ManualClock
):
    """Sixteen writers exceed the quota of two months, and the store fails.

    Some requests of March succeed only when they are sent again in April.
    """
    organization = await store.read(Organization, "org_acme")
    assert organization
    await put(store, replace(organization.record, events_per_month=QUOTA))
    writers = Writers(acme, clock)
    clock.moment = START.replace(day=31, hour=23, minute=59)
    await sign_in("ak_local_acme")
    await asyncio.gather(*(writers.send_until_refused() for _ in range(WRITERS)))
    assert writers.interrupted
    assert clock().month == 3
    clock.moment = START.replace(month=4, day=1, hour=0)
    await sign_in("ak_local_acme")
    await asyncio.gather(*(writers.send_until_refused() for _ in range(WRITERS)))
    clock.forward(seconds=40)  # longer than a lease
    await writers.deliver_interrupted()
    await fold()

    listed = await _list_all(acme)
    recounted = Counter(str(event["received_at"])[:10] for event in listed)
    months = (await acme.get("/api/v1/usage", params={"months": "2"})).json()["months"]
    assert {event["event_id"] for event in listed} == set(writers.created)
    assert len(listed) == writers.created.total()
    assert recounted == {
        day["date"]: day["events"] for month in months for day in month["daily"] if day["events"]
    }
    assert all(QUOTA <= month["events"] < QUOTA + PER_REQUEST for month in months), months


async def _list_all(client: AsyncClient) -> list[dict]:
    listed, cursor = [], {}
    while True:
        params = {**EVER, **cursor, "limit": "200"}
        page = (await client.get(EVENTS, params=params)).json()
        listed += page["data"]
        if page["next_cursor"] is None:
            return listed
        cursor = {"cursor": page["next_cursor"]}
