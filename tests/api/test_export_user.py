"""GET /api/v1/users/{user_id}/export; test names begin with the response status."""

import asyncio
import json
from dataclasses import replace
from itertools import count

import pytest

from api.domain.events import Event
from api.domain.rollups import DeadLetter
from api.lake.protocol import LakeUnavailable
from api.routers import privacy
from api.services import user_export
from api.services.archive import catch_up
from api.services.event_pages import describe_event
from api.services.user_export import encode_position
from api.stores.protocol import Throttled, Unavailable
from tests.api.lake_client import lake_of
from tests.api.token_service import is_problem
from tests.support import an_event, everything, send

USER = "ada@x.example"
PATH = f"/api/v1/users/{USER}/export"
NOTHING = {"type": "end", "events": 0, "dead_letters": 0, "erasures": 0, "next_cursor": None}


def lines_of(response):
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


def expired(n, **changes):
    """Return an event that only the lake has."""
    at, received = f"2026-0{n}-01T10:00:00.000000Z", f"2026-0{n}-01T10:00:01.000000Z"
    event = Event("org_acme", "e", "seen", USER, at, {"n": n}, received_at=received)
    return replace(event, **changes)


@pytest.fixture
async def stored(admin, app, store, settings):
    """Store events of two users and dead letters, and return the lines about the first user.

    Some events are only in the lake, some only in the store, and some in both.
    """
    await send(admin, *(an_event(n, user_id=USER) for n in range(3)), key="a")
    await send(admin, *(an_event(n) for n in range(5, 9)), key="b")
    lake, events = lake_of(settings), app.state.resources.store
    await catch_up(events, lake)
    old = [expired(1), expired(1, source="public"), expired(2, received_at=None)]
    await lake.append("org_acme", [*old, expired(1, user_id="another", event_id="f")])
    await send(admin, *(an_event(n, user_id=USER) for n in range(3, 5)), key="c")
    letters = [
        {
            "org_id": "org_acme",
            "day": f"2026-03-0{n}",
            "document_id": "x",
            "reason": "broken",
            "document": {"nested": [{"user_id": user_id}]},
        }
        for n, user_id in ((1, USER), (2, USER), (3, "another"))
    ]
    for letter in letters:
        await store.create(DeadLetter(**letter))
    events = [event for event in await everything(admin) if event["user_id"] == USER]
    described = [*map(describe_event, old), *reversed(events)]
    return [
        *({"type": "event", "event": event} for event in described),
        *({"type": "dead_letter", "dead_letter": letter} for letter in letters[:2]),
    ]


async def test_200_all_that_is_stored_about_the_user_and_nothing_else(admin, stored):
    lines = lines_of(await admin.get(PATH))

    assert lines[:-1] == stored
    assert lines[-1] == NOTHING | {"events": 8, "dead_letters": 2}


async def test_200_the_users_erasure_is_a_line(admin, stored):
    erasure = (await admin.post("/api/v1/erasures", json={"user_id": USER})).json()
    lines = lines_of(await admin.get(PATH))

    assert lines[:-2] == stored
    assert lines[-2:] == [
        {"type": "erasure", "erasure": erasure},
        NOTHING | {"events": 8, "dead_letters": 2, "erasures": 1},
    ]


async def test_200_an_unknown_user_has_no_data(admin):
    assert lines_of(await admin.get("/api/v1/users/nobody/export")) == [NOTHING]


async def test_200_without_a_lake_the_export_contains_what_is_in_the_store(admin, app, stored):
    resources = app.state.resources
    app.state.resources = replace(resources, opened_lake=None, has_lake=False)
    lines = lines_of(await admin.get(PATH))

    assert lines[:-1] == stored[3:]


async def read_all(admin):
    """Return the lines of all responses of an export, and the number of responses."""
    found, responses, params = [], 0, {}
    while True:
        response = await admin.get(PATH, params=params)
        responses += 1
        if response.status_code != 200:
            assert response.headers["Retry-After"]
            continue
        *lines, end = lines_of(response)
        assert end["events"] + end["dead_letters"] + end["erasures"] == len(lines) > 0
        found += lines
        if end["next_cursor"] is None:
            return found, responses
        params = {"cursor": end["next_cursor"]}


@pytest.mark.parametrize("bytes_max", [1, 500, 1_000])
async def test_200_a_large_export_continues_after_its_last_line(
    admin, stored, monkeypatch, bytes_max
):
    await admin.post("/api/v1/erasures", json={"user_id": USER})
    monkeypatch.setattr(privacy, "EXPORT_BYTES_MAX", bytes_max)
    monkeypatch.setattr(privacy, "_CHUNK_BYTES", 1)
    found, responses = await read_all(admin)

    assert found[:-1] == stored
    assert found[-1]["type"] == "erasure"
    assert responses > 1


@pytest.mark.parametrize("error", [Throttled(2), Unavailable("away"), TimeoutError()])
@pytest.mark.parametrize("place", ["store", "lake"])
async def test_200_an_export_continues_after_a_read_that_fails(
    admin, app, stored, monkeypatch, place, error
):
    """Every second page fails. A response that has lines ends with a cursor, without an error."""
    resources = app.state.resources
    part, name = (resources.store, "page") if place == "store" else (resources.opened_lake, "query")
    original, calls = getattr(part, name), count()

    async def fail_sometimes(*args, **options):
        if next(calls) % 2:
            raise error
        return await original(*args, **options)

    monkeypatch.setattr(part, name, fail_sometimes)
    monkeypatch.setattr(user_export, "_EVENTS_PER_PAGE", 1)
    monkeypatch.setattr(user_export, "_ARCHIVED_PER_PAGE", 1)
    found, responses = await read_all(admin)

    assert found == stored
    assert responses > 2


async def test_400_an_invalid_cursor(admin):
    forged = [encode_position(one, USER) for one in (("9", "x"), ("1", "2026-03-1x~e"))]
    for cursor in ("x", *forged):
        response = await admin.get(PATH, params={"cursor": cursor})
        assert is_problem(response, 400, "invalid_cursor")


@pytest.mark.usefixtures("stored")
async def test_400_the_cursor_of_another_users_export(admin, monkeypatch):
    monkeypatch.setattr(privacy, "EXPORT_BYTES_MAX", 1)
    *_, end = lines_of(await admin.get(PATH))
    params = {"cursor": end["next_cursor"]}

    assert is_problem(
        await admin.get("/api/v1/users/another/export", params=params), 400, "invalid_cursor"
    )


async def test_401_without_a_token(http):
    assert is_problem(await http.get(PATH), 401, "token_missing")


async def test_403_an_api_key_can_not_export(acme):
    assert is_problem(await acme.get(PATH), 403, "insufficient_scope")


async def test_503_an_unavailable_store_is_a_problem_document(admin, app, monkeypatch):
    async def fail(*_, **__):
        raise Unavailable("away")

    monkeypatch.setattr(app.state.resources.store, "page", fail)

    assert is_problem(await admin.get(PATH), 503, "store_unavailable")


async def test_503_an_unavailable_lake_is_a_problem_document(admin, app, monkeypatch):
    async def fail(*_, **__):
        raise LakeUnavailable("away")

    monkeypatch.setattr(app.state.resources.opened_lake, "snapshot", fail)

    assert is_problem(await admin.get(PATH), 503, "lake_unavailable")


async def test_503_a_function_that_does_not_know_the_lake_exports_nothing(admin, app):
    app.state.resources = replace(app.state.resources, opened_lake=None)

    assert is_problem(await admin.get(PATH), 503, "lake_unavailable")


async def test_503_a_read_that_takes_too_long(admin, app, monkeypatch):
    async def wait(*_, **__):
        await asyncio.Event().wait()

    monkeypatch.setattr(app.state.resources.store, "page", wait)
    monkeypatch.setattr(privacy, "EXPORT_SECONDS_MAX", 0)

    assert is_problem(await admin.get(PATH), 503, "deadline_exceeded")
