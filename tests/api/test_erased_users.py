"""Events of erased users are rejected one by one, without another read of the store per request."""

from collections.abc import Awaitable, Callable

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from api.services.erasure_jobs import SETTLE
from api.services.erasures import request_erasure
from api.services.quotas import READ_AGAIN_AFTER
from api.stores.protocol import RollupStore
from cosmos_emulator import Emulator
from tests.contract.acts import Acting
from tests.support import ManualClock, an_event, everything, send, statuses

ORG, USER = "org_acme", "user-1"
REJECTED = {
    "pointer": "/events/1/user_id",
    "code": "user_suppressed",
    "detail": "is the id of a user whose data was erased; events of this user are no longer "
    "accepted",
}


@pytest.fixture
def erase(app: FastAPI, clock: ManualClock) -> Callable[[], Awaitable[None]]:
    """Request the erasure of the user, and let this process read the organisation again."""

    async def erase() -> None:
        store: RollupStore = app.state.resources.store
        await request_erasure(store, Acting(clock)(), ORG, USER)
        clock.forward(seconds=READ_AGAIN_AFTER.total_seconds())

    return erase


async def test_only_the_events_of_the_user_are_rejected(
    acme: AsyncClient, erase: Callable[[], Awaitable[None]]
):
    await erase()
    response = await send(acme, an_event(0), an_event(1), an_event(2), key="a")

    assert response.status_code == 207
    assert statuses(response) == ["created", "rejected", "created"]
    assert response.json()["results"][1]["error"] == REJECTED
    assert {one["user_id"] for one in await everything(acme)} == {"user-0", "user-2"}


async def test_a_request_with_only_such_events_is_rejected(
    acme: AsyncClient, erase: Callable[[], Awaitable[None]]
):
    await erase()
    response = await send(acme, an_event(1), key="a")

    assert (response.status_code, response.json()["code"]) == (422, "events_rejected")
    assert response.json()["errors"][0]["code"] == "user_suppressed"


async def test_events_without_an_id_and_without_a_key_are_rejected_too(
    acme: AsyncClient, erase: Callable[[], Awaitable[None]]
):
    await erase()
    without_id = {"event_type": "a", "user_id": USER}
    with_key = await send(acme, an_event(0), without_id, key="a")
    without_key = await send(acme, an_event(0), an_event(1))

    assert statuses(with_key) == ["created", "rejected"]
    assert with_key.json()["results"][1]["event_id"] is None
    assert statuses(without_key) == ["duplicate", "rejected"]


async def test_beacons_are_rejected_too(http: AsyncClient, erase: Callable[[], Awaitable[None]]):
    await erase()
    response = await http.post(
        "/api/v1/events/beacon",
        json={"api_key": "pk_local_acme", "events": [an_event(0), an_event(1)]},
        headers={"Content-Type": "text/plain"},
    )

    assert statuses(response) == ["created", "rejected"]


async def test_a_retry_of_a_completed_request_returns_the_first_response(
    acme: AsyncClient, erase: Callable[[], Awaitable[None]]
):
    events = [{"event_type": "a", "user_id": f"user-{n}"} for n in (0, 1)]
    first = await send(acme, *events, key="a")
    await erase()
    again = await send(acme, *events, key="a")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()


async def test_users_of_other_organisations_with_the_same_id_are_accepted(
    sign_in: Callable[[str], Awaitable[AsyncClient]], erase: Callable[[], Awaitable[None]]
):
    await erase()
    globex = await sign_in("ak_local_globex")

    assert statuses(await send(globex, an_event(1), key="a")) == ["created"]


async def test_the_suppression_is_in_force_before_anything_is_deleted(
    app: FastAPI, acme: AsyncClient, clock: ManualClock
):
    """The process has read the organisation just before, and serves requests all the time."""
    assert statuses(await send(acme, an_event(1), key="a")) == ["created"]
    await request_erasure(app.state.resources.store, Acting(clock)(), ORG, USER)
    assert statuses(await send(acme, an_event(8), key="b")) == ["created"]
    clock.forward(seconds=SETTLE.total_seconds() / 2)

    assert (await send(acme, an_event(15), key="c")).status_code == 422


async def test_a_suppression_that_is_not_readable_yet_is_read_a_minute_later(
    app: FastAPI, acme: AsyncClient, clock: ManualClock
):
    await request_erasure(app.state.resources.store, Acting(clock)(), ORG, USER)
    store: RollupStore = app.state.resources.store
    find = store.find
    clock.forward(seconds=60)

    async def find_nothing(*_: object, **__: object) -> list[object]:
        return []

    store.find = find_nothing  # pyright: ignore[reportAttributeAccessIssue]
    assert statuses(await send(acme, an_event(1), key="a")) == ["created"]
    store.find = find
    clock.forward(seconds=60)

    assert (await send(acme, an_event(8), key="b")).status_code == 422


async def test_a_request_costs_no_further_read(
    acme: AsyncClient, erase: Callable[[], Awaitable[None]], emulator: Emulator
):
    """The organisation and its erased users are read once per minute and only if there are any."""
    read: list[str] = []
    emulator.interceptors.append(
        lambda request: read.append(request.container) if request.operation else None
    )
    await send(acme, an_event(0), key="a")
    assert "erasures" not in read
    await erase()
    await send(acme, an_event(2), key="b")
    assert read.count("erasures") >= 1
    read.clear()
    await send(acme, an_event(3), key="c")

    assert not {"erasures", "organizations"} & set(read)
