"""Rate limits without a gateway: the API itself holds a credential to its share."""

import json

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from api.services.work_limits import WorkLimiter
from tests.support import EVENTS, an_event, send, statuses


@pytest.fixture(autouse=True)
def little_work(app: FastAPI) -> None:
    """100 units per second, 1,000 saved."""
    object.__setattr__(app.state.services, "limiter", WorkLimiter(100))


async def test_a_flood_of_days_is_429_with_retry_after_until_its_work_is_repaid(acme, clock):
    days = [an_event(n, timestamp=f"2026-02-{n:02}T00:00:00Z") for n in range(1, 20)]
    first = await send(acme, *days)
    refused = await acme.post(EVENTS, content=b"never read")
    clock.forward(seconds=int(refused.headers["Retry-After"]))
    again = await send(acme, *days)

    assert first.status_code == 201
    assert first.headers["RateLimit-Policy"] == (
        '"credential";q=1000;w=10;qu="work", "organization";q=2000;w=10;qu="work"'
    )
    assert first.headers["RateLimit"] == '"credential";r=0;t=20, "organization";r=80;t=10'
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["Retry-After"] == "10"
    assert statuses(again) == ["duplicate"] * 19


async def test_a_public_key_that_floods_leaves_room_for_the_backend(
    http: AsyncClient, acme: AsyncClient
):
    body = json.dumps({"api_key": "pk_local_acme", "events": [an_event(n) for n in range(100)]})

    async def beacon() -> int:
        headers = {"Content-Type": "text/plain"}
        return (await http.post(f"{EVENTS}/beacon", content=body, headers=headers)).status_code

    assert [await beacon() for _ in range(7)] == [201] * 5 + [429] * 2
    assert (await send(acme, an_event(200))).status_code == 201
