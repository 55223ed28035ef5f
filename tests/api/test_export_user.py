"""GET /api/v1/users/{user_id}/export; test names begin with the response status."""

import json

import pytest

from api.domain.rollups import DeadLetter
from api.routers import privacy
from api.services.pages import encode_cursor
from api.stores.protocol import Unavailable
from tests.api.token_service import is_problem
from tests.support import an_event, everything, send

USER = "ada@x.example"
PATH = f"/api/v1/users/{USER}/export"
NOTHING = {"type": "end", "events": 0, "dead_letters": 0, "erasures": 0, "next_cursor": None}


def lines_of(response):
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in response.text.splitlines()]


@pytest.fixture
async def stored(admin, store):
    """Store events of two users and dead letters, and return the lines about the first user."""
    await send(admin, *(an_event(n, user_id=USER) for n in range(5)), key="a")
    await send(admin, *(an_event(n) for n in range(5, 9)), key="b")
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
    return [
        *({"type": "event", "event": event} for event in reversed(events)),
        *({"type": "dead_letter", "dead_letter": letter} for letter in letters[:2]),
    ]


async def test_200_all_that_is_stored_about_the_user_and_nothing_else(admin, stored):
    lines = lines_of(await admin.get(PATH))

    assert lines[:-1] == stored
    assert lines[-1] == NOTHING | {"events": 5, "dead_letters": 2}


async def test_200_the_users_erasure_is_a_line(admin, stored):
    erasure = (await admin.post("/api/v1/erasures", json={"user_id": USER})).json()
    lines = lines_of(await admin.get(PATH))

    assert lines[:-2] == stored
    assert lines[-2:] == [
        {"type": "erasure", "erasure": erasure},
        NOTHING | {"events": 5, "dead_letters": 2, "erasures": 1},
    ]


async def test_200_an_unknown_user_has_no_data(admin):
    assert lines_of(await admin.get("/api/v1/users/nobody/export")) == [NOTHING]


@pytest.mark.parametrize("bytes_max", [1, 500, 1_000])
async def test_200_a_large_export_continues_after_its_last_line(
    admin, stored, monkeypatch, bytes_max
):
    await admin.post("/api/v1/erasures", json={"user_id": USER})
    monkeypatch.setattr(privacy, "EXPORT_BYTES_MAX", bytes_max)
    monkeypatch.setattr(privacy, "_CHUNK_BYTES", 1)
    found, responses, params = [], 0, {}
    while True:
        *lines, end = lines_of(await admin.get(PATH, params=params))
        found += lines
        responses += 1
        assert end["events"] + end["dead_letters"] + end["erasures"] == len(lines) > 0
        if end["next_cursor"] is None:
            break
        params = {"cursor": end["next_cursor"]}

    assert found[:-1] == stored
    assert found[-1]["type"] == "erasure"
    assert responses > 1


async def test_400_an_invalid_cursor(admin):
    for cursor in ("x", encode_cursor(("9", "x")), encode_cursor(("1", "2026-03-1x~e"))):
        response = await admin.get(PATH, params={"cursor": cursor})
        assert is_problem(response, 400, "invalid_cursor")


async def test_401_without_a_token(http):
    assert is_problem(await http.get(PATH), 401, "token_missing")


async def test_403_an_api_key_can_not_export(acme):
    assert is_problem(await acme.get(PATH), 403, "insufficient_scope")


async def test_503_an_unavailable_store_is_a_problem_document(admin, store, app, monkeypatch):
    async def fail(*_, **__):
        raise Unavailable("away")

    monkeypatch.setattr(app.state.resources.store, "page", fail)

    assert is_problem(await admin.get(PATH), 503, "store_unavailable")
