"""Names must not contain invisible characters, and rejections are described in words."""

import pytest

from tests.support import an_event, send

HIDDEN = [*"\0\n\x7f\x85\x9f", *"\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069"]


@pytest.mark.parametrize("field", ["event_type", "user_id"])
@pytest.mark.parametrize("character", HIDDEN, ids=ascii)
async def test_event_names_must_not_contain_invisible_characters(acme, field, character):
    response = await send(acme, an_event(**{field: f"sign{character}up"}))
    error = response.json()["errors"][0]

    assert (response.status_code, error["pointer"]) == (422, f"/events/0/{field}")


@pytest.mark.parametrize("character", HIDDEN, ids=ascii)
async def test_key_names_must_not_contain_invisible_characters(admin, character):
    response = await admin.post("/api/v1/keys", json={"name": f"a{character}b", "kind": "secret"})

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/name"


async def test_a_pattern_mismatch_is_described_without_the_pattern(acme, admin):
    event = await send(acme, an_event(event_id="a/b"))
    key = await admin.delete("/api/v1/keys/1")
    name = await admin.post("/api/v1/keys", json={"name": " ", "kind": "secret"})

    for response in (event, key, name):
        assert response.json()["errors"][0]["detail"].startswith("must ")
        assert "pattern" not in response.json()["errors"][0]["detail"]
