"""DELETE /api/v1/keys/{key_id}; test names begin with the response status."""

import asyncio

import pytest

from api.domain.reference import hash_api_key
from tests.api.token_service import SECRET_KEY

KEY_ID = hash_api_key(SECRET_KEY)
KEY = f"/api/v1/keys/{KEY_ID}"
NEVER_ISSUED, OF_GLOBEX = (hash_api_key(key) for key in ("ak_never_issued", "ak_local_globex"))


async def test_204_and_the_key_can_no_longer_be_used(admin, service):
    assert (await service.exchange_key(SECRET_KEY)).status_code == 200
    response = await admin.delete(KEY)
    listed = [key["key_id"] for key in (await admin.get("/api/v1/keys")).json()["data"]]

    assert (response.status_code, response.content) == (204, b"")
    assert (await service.exchange_key(SECRET_KEY)).json()["code"] == "credential_invalid"
    assert KEY_ID not in listed


async def test_204_tokens_issued_for_the_key_expire_within_15_minutes(admin, service, clock):
    issued = await service.exchange_key(SECRET_KEY)
    await admin.delete(KEY)

    assert (await service.me(issued)).status_code == 200
    clock.forward(minutes=15, seconds=31)
    assert (await service.me(issued)).json()["code"] == "token_expired"


async def test_404_when_the_key_is_already_revoked(admin):
    responses = await asyncio.gather(*(admin.delete(KEY) for _ in range(4)))

    assert {response.status_code for response in responses} <= {204, 404}
    assert (await admin.delete(KEY)).json()["code"] == "not_found"


async def test_404_is_the_same_for_a_foreign_key_and_an_unknown_one(admin, service):
    headers = {"X-Request-Id": "same"}
    of_globex, never_issued = [
        await admin.delete(f"/api/v1/keys/{key_id}", headers=headers)
        for key_id in (OF_GLOBEX, NEVER_ISSUED)
    ]

    assert of_globex.status_code == 404
    assert of_globex.json() == never_issued.json()
    assert (await service.exchange_key("ak_local_globex")).status_code == 200


@pytest.mark.parametrize("key_id", ["x", KEY_ID.upper(), KEY_ID[:-1], SECRET_KEY])
async def test_400_for_an_invalid_id(admin, key_id):
    response = await admin.delete(f"/api/v1/keys/{key_id}")

    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("api_key", ["ak_local_acme", "pk_local_acme"])
async def test_403_for_any_kind_of_api_key(sign_in, api_key):
    """A stolen key must not be able to create another, or to lock its owner out."""
    response = await (await sign_in(api_key)).delete(f"{KEY}")

    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="keys:manage"' in response.headers["www-authenticate"]


async def test_403_for_an_organisation_other_than_the_token_s(admin):
    response = await admin.delete(f"{KEY}?org_id=org_globex")

    assert (response.status_code, response.json()["code"]) == (403, "tenant_mismatch")


async def test_401_without_a_token(http):
    response = await http.delete(f"{KEY}")

    assert (response.status_code, response.json()["code"]) == (401, "token_missing")


async def test_429_when_the_store_throttles(admin, service):
    service.throttle()
    response = await admin.delete(f"{KEY}")

    assert (response.status_code, response.headers["retry-after"]) == (429, "3")
