"""The API limits the request rate of credentials and addresses, also without a gateway."""

import json

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response

from api.auth.caller import Caller
from api.errors import ApiError
from api.services.work_limits import DAY_WORK, WORK_SECONDS, WorkLimiter
from api.turns import Turn
from tests.support import EVENTS, ManualClock, an_event, send, statuses


@pytest.fixture(autouse=True)
def little_work(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow 100 units per second, 1,000 in a burst. CPU time is free, as it differs by machine."""
    object.__setattr__(app.state.resources, "limiter", WorkLimiter(100))
    monkeypatch.setattr(Turn, "use", lambda *_: None)


async def test_a_burst_over_many_days_is_429_until_retry_after_has_passed(acme, clock):
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


async def test_requests_without_a_credential_are_limited_by_address(app: FastAPI):
    async def tokens(address: str, count: int) -> list[Response]:
        transport = ASGITransport(app, client=(address, 1))
        async with AsyncClient(transport=transport, base_url="http://api.test") as client:
            return [await client.post("/api/v1/auth/token", json={}) for _ in range(count)]

    flood = await tokens("192.0.2.1", 25)
    neighbour = await tokens("192.0.2.2", 1)
    same_network = [await tokens(f"2001:db8::{n}", 15) for n in (1, 2)]

    assert [r.status_code for r in flood] == [422] * 21 + [429] * 4
    assert flood[-1].json()["code"] == "rate_limited"
    assert flood[-1].headers["Retry-After"] == "1"
    assert neighbour[0].status_code == 422
    assert same_network[1][-1].status_code == 429


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/openapi.json", "/docs", "/nowhere"])
async def test_too_many_requests_for_a_public_page_are_429(http: AsyncClient, path: str):
    statuses = [(await http.get(path)).status_code for _ in range(30)]

    assert statuses[-1] == 429


async def test_health_is_never_limited(http: AsyncClient):
    assert {(await http.get("/healthz")).status_code for _ in range(30)} == {200}


async def test_forged_tokens_are_limited_without_affecting_valid_ones(
    http: AsyncClient, acme: AsyncClient
):
    assert (await acme.get("/api/v1/me")).status_code == 200
    forged = {"Authorization": "Bearer forged"}
    statuses = [(await http.get("/api/v1/me", headers=forged)).status_code for _ in range(30)]

    assert (statuses[0], statuses[-1]) == (401, 429)
    assert (await acme.get("/api/v1/me")).status_code == 200


async def test_requests_with_an_expired_token_are_limited_by_address(
    acme: AsyncClient, clock: ManualClock
):
    await acme.get("/api/v1/me")
    clock.forward(minutes=16)
    statuses = [(await acme.get("/api/v1/me")).status_code for _ in range(30)]

    assert (statuses[0], statuses[-1]) == (401, 429)


async def test_cpu_time_beyond_the_estimated_work_is_charged(clock: ManualClock):
    limiter, now = WorkLimiter(100), clock()
    caller = Caller("api_key:1", "org_acme", frozenset(), None, now)
    limiter.admit(caller, now)
    limiter.settle(caller, None, work=1, seconds=WORK_SECONDS * 2000, now=now)

    with pytest.raises(ApiError) as refused:
        limiter.admit(caller, now)
    assert refused.value.retry_after == 10


async def test_the_work_of_a_request_is_charged_once(
    acme: AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    counted: list[int] = []
    settle = WorkLimiter.settle

    def record_settled(self: WorkLimiter, *args: object, work: int, **named: object) -> None:
        counted.append(work)
        settle(self, *args, work=work, **named)

    monkeypatch.setattr(WorkLimiter, "settle", record_settled)
    await acme.get(EVENTS)
    await send(acme, an_event(1))

    assert counted == [1, 1 + 1 + DAY_WORK]  # the request, its event and its day


async def test_a_beacon_uses_a_slot_of_its_credential(
    http: AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    slots: list[object] = []
    end = Turn.end

    def record_slots(self: Turn) -> None:
        slots.append(self._slots)
        end(self)

    monkeypatch.setattr(Turn, "end", record_slots)
    body = json.dumps({"api_key": "pk_local_acme", "events": [an_event(1)]})
    response = await http.post(
        f"{EVENTS}/beacon", content=body, headers={"Content-Type": "text/plain"}
    )

    assert response.status_code == 201
    assert slots[0] is not None
