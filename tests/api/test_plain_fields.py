"""What fields may hold, and what a refusal says."""

import pytest

from tests.support import an_event, send

HIDDEN = [*"\0\n\x7f\x85\x9f", *"\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069"]


@pytest.mark.parametrize("field", ["event_type", "user_id"])
@pytest.mark.parametrize("character", HIDDEN, ids=ascii)
async def test_an_event_can_not_hide_what_its_names_say(acme, field, character):
    answer = await send(acme, an_event(**{field: f"sign{character}up"}))
    error = answer.json()["errors"][0]

    assert (answer.status_code, error["pointer"]) == (422, f"/events/0/{field}")


@pytest.mark.parametrize("character", HIDDEN, ids=ascii)
async def test_a_key_can_not_hide_what_its_name_says(admin, character):
    answer = await admin.post("/api/v1/keys", json={"name": f"a{character}b", "kind": "secret"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/name"


async def test_a_refused_pattern_is_described_in_words(acme, admin):
    event = await send(acme, an_event(event_id="a/b"))
    key = await admin.delete("/api/v1/keys/1")
    name = await admin.post("/api/v1/keys", json={"name": " ", "kind": "secret"})

    for answer in (event, key, name):
        assert answer.json()["errors"][0]["detail"].startswith("must ")
        assert "pattern" not in answer.json()["errors"][0]["detail"]
