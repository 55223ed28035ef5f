"""The monthly quota of an organisation: POST /api/v1/events and /api/v1/events/beacon."""

import json

import pytest
from httpx2 import AsyncClient

from tests.support import EVENTS, ManualClock, an_event, everything, send, statuses


async def test_a_request_over_quota_is_refused_with_the_end_of_the_period(
    acme: AsyncClient, set_quota
):
    await set_quota(2)
    stored = await send(acme, an_event(1), an_event(2), key="a")
    refused = await send(acme, an_event(3), key="b")

    assert statuses(stored) == ["created", "created"]
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["Retry-After"] == "60"  # the usage report doesn't contain the events yet
    problem = refused.json()
    assert problem["code"] == "quota_exceeded"
    assert problem["quota"] == 2
    assert problem["period_end"] == "2026-04-01T00:00:00Z"
    assert len(await everything(acme)) == 2


async def test_the_last_request_is_stored_completely_or_not_at_all(acme: AsyncClient, set_quota):
    await set_quota(2)
    response = await send(acme, *(an_event(n) for n in range(100)), key="a")

    assert statuses(response) == ["created"] * 100
    assert (await send(acme, an_event(100), key="b")).status_code == 429


async def test_a_refused_request_succeeds_unchanged_in_the_next_month(
    acme: AsyncClient, set_quota, clock: ManualClock, sign_in
):
    await set_quota(1)
    await send(acme, an_event(1), key="a")
    assert (await send(acme, an_event(2), key="b")).status_code == 429
    clock.forward(days=22)
    await sign_in("ak_local_acme")

    assert statuses(await send(acme, an_event(2), key="b")) == ["created"]


async def test_a_retry_of_a_stored_request_gets_the_same_response(acme: AsyncClient, set_quota):
    await set_quota(1)
    first = await send(acme, an_event(1), key="a")
    await send(acme, an_event(2), key="b")
    again = await send(acme, an_event(1), key="a")

    assert again.status_code == 201
    assert again.json()["results"] == first.json()["results"]
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_another_payload_with_a_used_key_is_still_refused_as_such(
    acme: AsyncClient, set_quota
):
    await set_quota(1)
    await send(acme, an_event(1), key="a")
    response = await send(acme, an_event(2), key="a")

    assert response.json()["code"] == "idempotency_key_reused"


async def test_responses_warn_when_the_quota_is_nearly_used(acme: AsyncClient, set_quota):
    await set_quota(10, warn_at=50)
    quiet = await send(acme, *(an_event(n) for n in range(4)))
    warned = await send(acme, an_event(4))

    assert "warnings" not in quiet.json()
    [warning] = warned.json()["warnings"]
    assert warning["code"] == "quota_nearly_used"
    assert "At least 50 %" in warning["detail"]
    assert "10 events per month" in warning["detail"]


@pytest.mark.parametrize("key", ["pk_local_acme", "ak_local_acme"])
async def test_a_beacon_over_quota_is_refused(acme: AsyncClient, set_quota, key: str):
    await set_quota(1)
    await send(acme, an_event(1))
    response = await acme.post(
        f"{EVENTS}/beacon",
        content=json.dumps({"api_key": key, "events": [an_event(2)]}),
        headers={"Content-Type": "text/plain"},
    )

    assert (response.status_code, response.json()["code"]) == (429, "quota_exceeded")
    assert len(await everything(acme)) == 1


async def test_a_beacon_that_is_sent_again_over_quota_is_reported_as_duplicate(
    acme: AsyncClient, set_quota
):
    await set_quota(1)
    beacon = json.dumps({"api_key": "pk_local_acme", "events": [an_event(1)]})
    first, again = [
        await acme.post(f"{EVENTS}/beacon", content=beacon, headers={"Content-Type": "text/plain"})
        for _ in range(2)
    ]

    assert (statuses(first), statuses(again)) == (["created"], ["duplicate"])


async def test_events_can_be_read_over_quota(acme: AsyncClient, set_quota):
    await set_quota(1)
    await send(acme, an_event(1))
    await send(acme, an_event(2))

    assert len(await everything(acme)) == 1
    assert (await acme.get("/api/v1/usage")).status_code == 200


@pytest.mark.parametrize("invalid", [{"user_id": ""}, {"timestamp": "2027-01-01T00:00:00Z"}])
async def test_rejected_events_do_not_use_the_quota(
    acme: AsyncClient, set_quota, invalid: dict[str, str]
):
    await set_quota(1)
    for number in range(3):
        response = await send(acme, an_event(number, **invalid), key=str(number))
        assert response.json()["code"] == "events_rejected"

    assert statuses(await send(acme, an_event(9))) == ["created"]


async def test_another_organisation_is_not_affected(acme: AsyncClient, set_quota, sign_in):
    await set_quota(1)
    await send(acme, an_event(1))
    assert (await send(acme, an_event(2))).status_code == 429
    globex = await sign_in("ak_local_globex")

    assert statuses(await send(globex, an_event(2))) == ["created"]
