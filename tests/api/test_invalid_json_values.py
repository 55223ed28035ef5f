"""Events that violate strict JSON or the JSON limits, and the errors about them."""

import json

import pytest
from httpx2 import AsyncClient

from tests.support import EVENTS as PATH
from tests.support import an_event, everything, statuses


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (r'"Great \ud83d"', "lone_surrogate"),
        ("1e999", "number_too_large"),
        ("9" * 10_000, "integer_too_large"),
        ("[" * 300 + "]" * 300, "too_deep"),
    ],
)
async def test_a_value_outside_strict_json_rejects_only_its_event(
    acme: AsyncClient, fault: str, code: str
):
    batch = [an_event(n, properties={"p": "FAULT" if n == 1 else "😀"}) for n in range(3)]
    body = json.dumps({"events": batch}).replace('"FAULT"', fault)
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    response = await acme.post(PATH, content=body, headers=headers)
    again = await acme.post(PATH, content=body, headers=headers)

    assert response.status_code == 207, response.text
    assert statuses(response) == ["created", "rejected", "created"]
    assert response.json()["results"][1]["error"]["code"] == code
    assert again.headers["Idempotent-Replayed"] == "true"
    assert [event["properties"] for event in await everything(acme)] == [{"p": "😀"}] * 2


@pytest.mark.parametrize(
    "extra",
    [
        {"~" * 500_000: 1},
        {f"n{n}": 1 for n in range(60_000)},
    ],
    ids=["a long name", "many names"],
)
async def test_an_error_is_never_much_longer_than_the_request(
    acme: AsyncClient, extra: dict[str, int]
):
    outside = await acme.post(PATH, json={"events": []} | extra)
    inside = await acme.post(PATH, json={"events": [an_event() | extra]})

    for response in (outside, inside):
        assert response.status_code == 422
        assert 1 <= len(response.json()["errors"]) <= 100
        assert len(response.content) < 20_000
