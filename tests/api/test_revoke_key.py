"""DELETE /api/v1/keys/{key_id}, a test per status."""

import asyncio

import pytest

from api.domain.reference import hash_api_key
from tests.api.token_service import SECRET_KEY

KEY_ID = hash_api_key(SECRET_KEY)
KEY = f"/api/v1/keys/{KEY_ID}"
NEVER_ISSUED, OF_GLOBEX = (hash_api_key(key) for key in ("ak_never_issued", "ak_local_globex"))


async def test_204_and_the_key_is_good_for_nothing(admin, service):
    assert (await service.exchange_key(SECRET_KEY)).status_code == 200
    answer = await admin.delete(KEY)
    listed = [key["key_id"] for key in (await admin.get("/api/v1/keys")).json()["data"]]

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await service.exchange_key(SECRET_KEY)).json()["code"] == "credential_invalid"
    assert KEY_ID not in listed


async def test_204_what_the_key_issued_ends_by_itself(admin, service, clock):
    issued = await service.exchange_key(SECRET_KEY)
    await admin.delete(KEY)

    assert (await service.me(issued)).status_code == 200
    clock.forward(minutes=15, seconds=31)
    assert (await service.me(issued)).json()["code"] == "token_expired"


async def test_404_when_it_is_gone(admin):
    answers = await asyncio.gather(*(admin.delete(KEY) for _ in range(4)))

    assert {answer.status_code for answer in answers} <= {204, 404}
    assert (await admin.delete(KEY)).json()["code"] == "not_found"


async def test_404_in_the_same_words_for_another_s_and_for_nobody_s(admin, service):
    headers = {"X-Request-Id": "same"}
    others, nobodys = [
        await admin.delete(f"/api/v1/keys/{key_id}", headers=headers)
        for key_id in (OF_GLOBEX, NEVER_ISSUED)
    ]

    assert others.status_code == 404
    assert others.json() == nobodys.json()
    assert (await service.exchange_key("ak_local_globex")).status_code == 200


@pytest.mark.parametrize("key_id", ["x", KEY_ID.upper(), KEY_ID[:-1], SECRET_KEY])
async def test_400_for_what_is_no_id(admin, key_id):
    answer = await admin.delete(f"/api/v1/keys/{key_id}")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("api_key", ["ak_local_acme", "pk_local_acme"])
async def test_403_for_an_api_key_of_any_kind(sign_in, api_key):
    """A stolen key must not be able to create another, or to lock its owner out."""
    answer = await (await sign_in(api_key)).delete(f"{KEY}")

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="keys:manage"' in answer.headers["www-authenticate"]


async def test_403_for_another_organisation_even_one_s_own(admin):
    answer = await admin.delete(f"{KEY}?org_id=org_globex")

    assert (answer.status_code, answer.json()["code"]) == (403, "tenant_mismatch")


async def test_401_without_a_token(http):
    answer = await http.delete(f"{KEY}")

    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


async def test_429_when_the_store_throttles(admin, service):
    service.throttle()
    answer = await admin.delete(f"{KEY}")

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
