"""Events from before the earliest day are rejected one by one, and retries keep working."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import orjson
import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from api.domain.reference import Organization
from api.domain.retention import FOREVER
from api.services.organizations import put
from api.services.quotas import READ_AGAIN_AFTER
from api.settings import Settings
from api.stores.protocol import RollupStore
from tests.support import ManualClock, an_event, everything, send, statuses

DAYS = 30
FIRST = "2026-02-08"  # 30 days before the clock's day
LAST_MOMENT = "2026-02-07T23:59:59.999999Z"


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """Return settings with a retention, which a test can change by its parameter."""
    days = getattr(request, "param", DAYS)
    return replace(settings, events_retention_days=days)


@pytest.fixture
def retain(app: FastAPI, clock: ManualClock) -> Callable[..., Awaitable[None]]:
    """Change fields of the organisation, and let this process read the organisation again."""

    async def retain(**changes: object) -> None:
        store: RollupStore = app.state.resources.store
        known = await store.read(Organization, "org_acme")
        assert known
        await put(store, replace(known.record, **changes))
        clock.forward(seconds=READ_AGAIN_AFTER.total_seconds())

    return retain


async def is_accepted(client: AsyncClient, timestamp: str) -> bool:
    response = await send(client, an_event(0, timestamp=timestamp))
    return response.status_code == 201


async def test_only_events_before_the_earliest_day_are_rejected(acme: AsyncClient):
    old, oldest = an_event(1, timestamp=LAST_MOMENT), an_event(2, timestamp=f"{FIRST}T00:00:00Z")
    response = await send(acme, an_event(0), old, oldest, key="a")

    assert response.status_code == 207
    assert statuses(response) == ["created", "rejected", "created"]
    assert response.json()["results"][1]["error"] == {
        "pointer": "/events/1/timestamp",
        "code": "timestamp_too_old",
        "detail": "is before 2026-02-08 (UTC), the earliest date from which events are accepted",
    }
    assert len(await everything(acme)) == 2


async def test_a_request_with_only_such_events_is_rejected(acme: AsyncClient):
    response = await send(acme, an_event(1, timestamp=LAST_MOMENT))

    assert (response.status_code, response.json()["code"]) == (422, "events_rejected")
    assert response.json()["errors"][0]["code"] == "timestamp_too_old"


@pytest.mark.parametrize("settings", [FOREVER], indirect=True)
async def test_without_a_retention_events_are_accepted_from_1970_on(acme: AsyncClient):
    response = await send(acme, an_event(0, timestamp="1969-12-31T23:59:59.999999Z"), key="a")

    assert "1970-01-01" in response.json()["errors"][0]["detail"]
    assert await is_accepted(acme, "1970-01-01T00:00:00Z")


async def test_a_retry_of_an_accepted_event_succeeds_on_the_next_day(
    clock: ManualClock, sign_in: Callable[[str], Awaitable[AsyncClient]]
):
    clock.moment = clock.moment.replace(hour=23, minute=59)
    acme = await sign_in("ak_local_acme")
    oldest = an_event(0, timestamp=f"{FIRST}T00:00:00Z")
    first = await send(acme, oldest, key="a")
    clock.forward(minutes=2)
    again = await send(acme, oldest, key="a")
    new = await send(acme, oldest | {"event_id": "another"}, key="b")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert new.status_code == 422
    assert len(await everything(acme)) == 1


async def test_a_beacon_rejects_such_events_too(acme: AsyncClient):
    body = {"api_key": "pk_local_acme", "events": [an_event(0, timestamp=LAST_MOMENT)]}
    response = await acme.post(
        "/api/v1/events/beacon",
        content=orjson.dumps(body),
        headers={"Content-Type": "text/plain"},
    )

    assert response.json()["errors"][0]["code"] == "timestamp_too_old"


async def test_the_organisations_own_retention_applies_within_a_minute(
    acme: AsyncClient, retain: Callable[..., Awaitable[None]]
):
    assert not await is_accepted(acme, "2026-01-15T00:00:00Z")
    await retain(events_retention_days=60)
    assert await is_accepted(acme, "2026-01-15T00:00:00Z")
    await retain(events_retention_days=7)
    assert not await is_accepted(acme, "2026-03-02T23:00:00Z")
    await retain(events_retention_days=FOREVER)

    assert await is_accepted(acme, "2001-01-01T00:00:00Z")


async def test_days_that_have_expired_stay_closed_after_the_retention_was_extended(
    acme: AsyncClient, retain: Callable[..., Awaitable[None]]
):
    await retain(events_retention_days=FOREVER, events_from="2026-02-01")

    assert not await is_accepted(acme, "2026-01-31T23:59:59Z")
    assert await is_accepted(acme, "2026-02-01T00:00:00Z")
