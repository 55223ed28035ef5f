"""Events sent with a publishable key never replace events of a backend or a user."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from api.domain.events import TRUSTED, DayBatch, Event, Receipt, derive_event_id
from api.domain.idempotency import hash_key
from api.domain.times import format_timestamp
from api.routers.event_payloads import _fingerprint
from tests.api.test_beacon_events import beacon
from tests.support import START, an_event, everything, send, statuses

SECRET, PUBLISHABLE = "ak_local_acme", "pk_local_acme"
BARE = {"event_type": "signed_up", "user_id": "u"}

type SignIn = Callable[[str], Awaitable[AsyncClient]]


async def sources(sign_in: SignIn) -> list[tuple[object, object]]:
    return [(e["event_id"], e["source"]) for e in await everything(await sign_in(SECRET))]


async def test_a_public_key_cannot_use_up_the_idempotency_key_of_a_backend(sign_in: SignIn):
    attack = await send(await sign_in(PUBLISHABLE), an_event(1), key="order-1")
    response = await send(await sign_in(SECRET), an_event(2), key="order-1")

    assert attack.status_code == response.status_code == 201
    assert statuses(response) == ["created"]


async def test_a_public_key_cannot_read_the_result_of_a_backends_request(sign_in: SignIn):
    first = await send(await sign_in(SECRET), BARE, key="order-1")
    response = await send(await sign_in(PUBLISHABLE), BARE, key="order-1")

    assert "Idempotent-Replayed" not in response.headers
    assert response.json()["results"][0]["event_id"] != first.json()["results"][0]["event_id"]


@pytest.mark.parametrize("key", [None, "k"])
async def test_a_public_key_cannot_prevent_a_backends_event_with_the_same_id(
    sign_in: SignIn, key: str | None
):
    event = an_event(1, event_id="order-1-paid")
    await send(await sign_in(PUBLISHABLE), event, key=key)
    response = await send(await sign_in(SECRET), event | {"properties": {"paid": True}})

    assert statuses(response) == ["created"]
    assert await sources(sign_in) == [("order-1-paid", "public"), ("order-1-paid", "trusted")]


async def test_a_beacon_cannot_prevent_a_backends_event_with_the_same_id(
    http: AsyncClient, sign_in: SignIn
):
    await beacon(http, an_event(1))
    response = await send(await sign_in(SECRET), an_event(1))

    assert statuses(response) == ["created"]


async def test_a_beacon_with_an_event_that_the_page_sent_before_is_a_duplicate(
    http: AsyncClient, sign_in: SignIn
):
    await send(await sign_in(PUBLISHABLE), an_event(1), key="k")

    assert statuses(await beacon(http, an_event(1))) == ["duplicate"]


async def test_a_users_event_is_trusted(admin: AsyncClient, sign_in: SignIn):
    await send(admin, an_event(1))

    assert await sources(sign_in) == [("event-0001", "trusted")]


@pytest.mark.parametrize("credential", [SECRET, PUBLISHABLE])
async def test_retries_with_the_same_credential_are_replayed(sign_in: SignIn, credential: str):
    client = await sign_in(credential)
    first = await send(client, an_event(1), BARE, key="k")
    again = await send(client, an_event(1), BARE, key="k")
    other = await send(client, an_event(1), key="another")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert statuses(other) == ["duplicate"]
    assert len(await sources(sign_in)) == 2


async def test_pages_hold_the_events_of_both_sources_once(sign_in: SignIn):
    events = [an_event(n, timestamp="2026-03-10T10:00:00Z", event_id=f"e{n}") for n in range(12)]
    await send(await sign_in(PUBLISHABLE), *events)
    acme = await sign_in(SECRET)
    await send(acme, *events)
    expected = sorted((f"e{n}", source) for n in range(12) for source in ("trusted", "public"))

    for order in ("asc", "desc"):
        seen, query = [], {"limit": 5, "order": order}
        while query:
            page = (await acme.get("/api/v1/events", params=query)).json()
            seen += [(e["event_id"], e["source"]) for e in page["data"]]
            cursor = page["next_cursor"]
            query = {"limit": 5, "order": order, "cursor": cursor} if cursor else {}
        assert sorted(seen) == expected


class TestSourceOfAnImportedEvent:
    async def test_an_exported_event_is_imported_with_its_source(self, sign_in: SignIn):
        await send(await sign_in(PUBLISHABLE), an_event(1))
        acme = await sign_in(SECRET)
        (exported,) = await everything(acme)

        assert statuses(await send(acme, exported)) == ["duplicate"]

    async def test_a_public_key_cannot_make_an_event_trusted(self, sign_in: SignIn):
        response = await send(
            await sign_in(PUBLISHABLE), an_event(1, source="trusted"), an_event(2)
        )

        assert statuses(response) == ["rejected", "created"]
        error = response.json()["results"][0]["error"]
        assert error["pointer"] == "/events/0/source"
        assert error["code"] == "source_not_allowed"


class TestRecordsFromBeforeEventsHadASource:
    """Idempotency records in the format of the version that had no event sources."""

    async def test_a_public_retry_gets_the_first_response_again(self, app: FastAPI, sign_in):
        await store_record(app, done=True)
        response = await send(await sign_in(PUBLISHABLE), BARE, key="k")

        assert response.headers["Idempotent-Replayed"] == "true"
        assert response.json()["results"][0]["event_id"] == derived_id()

    async def test_a_public_retry_finishes_the_work_with_the_same_ids(self, app, sign_in):
        await store_record(app, done=False, events=[BARE, an_event(1)])
        await store_event(app, derived_id())
        response = await send(await sign_in(PUBLISHABLE), BARE, an_event(1), key="k")

        assert statuses(response) == ["created", "created"]
        assert sorted(await sources(sign_in)) == sorted(
            [(derived_id(), "trusted"), ("event-0001", "trusted")]
        )

    async def test_a_trusted_retry_gets_the_first_response_again(self, app: FastAPI, sign_in):
        await store_record(app, done=True)
        response = await send(await sign_in(SECRET), BARE, key="k")

        assert response.headers["Idempotent-Replayed"] == "true"

    async def test_another_payload_of_a_public_key_is_a_new_request(self, app, sign_in):
        await store_record(app, done=True)
        response = await send(await sign_in(PUBLISHABLE), an_event(3), key="k")

        assert statuses(response) == ["created"]
        assert "Idempotent-Replayed" not in response.headers


OPENED_AT = START - timedelta(minutes=5)


def derived_id() -> str:
    receipt = Receipt(hash_key("k", TRUSTED), OPENED_AT, None, TRUSTED)
    return derive_event_id("org_acme", receipt, 0)


async def store_record(app: FastAPI, *, done: bool, events: list[dict[str, Any]] | None = None):
    fingerprint = _fingerprint({"events": events or [BARE]})
    document = {
        "id": hash_key("k", TRUSTED),
        "org_id": "org_acme",
        "key_hash": hash_key("k", TRUSTED),
        "fingerprint": fingerprint,
        "claimed_at": format_timestamp(OPENED_AT),
        "lease_until": format_timestamp(OPENED_AT + timedelta(seconds=30)),
        "done": done,
        "results": [],
    }
    database = app.state.resources.store._database
    await database.get_container_client("idempotency").create_item(document)


async def store_event(app: FastAPI, event_id: str) -> None:
    """Store the event of the first, interrupted attempt."""
    ingest_id = f"{hash_key('k', TRUSTED)[:24]}@{format_timestamp(OPENED_AT)}"
    moment = format_timestamp(OPENED_AT)
    event = Event("org_acme", event_id, "signed_up", "u", moment, {})
    store = app.state.resources.store
    await store.append(DayBatch("org_acme", event.day, [event], ingest_id))
    container = store._database.get_container_client("events")
    document = await container.read_item(event.key, ["org_acme", event.day])
    document["claim"] = document.pop("ingest_id")
    await container.replace_item(event.key, document)
