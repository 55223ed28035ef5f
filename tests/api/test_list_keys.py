"""GET /api/v1/keys; test names begin with the response status."""

import pytest

from api.domain.reference import ApiKey, hash_api_key
from tests.api.token_service import PUBLISHABLE_KEY, SECRET_KEY
from tests.support import START

KEYS = "/api/v1/keys"


async def test_200_all_keys_of_the_organisation_and_no_others(admin):
    keys = (await admin.get(KEYS)).json()["data"]

    assert {key["name"]: key["kind"] for key in keys} == {
        "ak_local_acme": "secret",
        "rk_local_acme": "read",
        "pk_local_acme": "publishable",
        "server": "secret",
        "browser": "publishable",
    }
    assert {key["name"]: key["key_id"] for key in keys}["server"] == hash_api_key(SECRET_KEY)


async def test_200_the_newest_key_is_first_and_no_secret_is_included(admin, clock):
    clock.forward(seconds=1)
    made = (await admin.post(KEYS, json={"name": "new", "kind": "secret"})).json()
    response = await admin.get(KEYS)

    assert response.json()["data"][0] == {
        "key_id": made["key_id"],
        "name": "new",
        "kind": "secret",
        "created_at": START.strftime("%Y-%m-%dT%H:%M:01.000000Z"),
        "created_by": "usr_ada",
        "expires_at": None,
        "origins": [],
        "last_used_on": None,
    }
    assert not any(secret in response.text for secret in (made["api_key"], PUBLISHABLE_KEY))


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_200_pages_contain_every_key_once(admin, store, limit):
    for number in range(5):  # keys of the same time, and of the other organisation
        await store.create(ApiKey(f"{number:064}", "org_acme", "secret", "", "2026-02-01"))
        await store.create(ApiKey(f"{number + 9:064}", "org_globex", "secret", "", "2026-02-01"))
    every = [key["key_id"] for key in (await admin.get(KEYS)).json()["data"]]
    found, cursor = [], {}
    while True:
        page = (await admin.get(KEYS, params={"limit": limit, **cursor})).json()
        assert len(page["data"]) <= limit
        found += [key["key_id"] for key in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert found == every
    assert len(set(found)) == 10


async def test_200_a_key_created_between_two_pages_hides_no_other(admin, clock):
    first = (await admin.get(KEYS, params={"limit": 3})).json()
    clock.forward(seconds=1)
    await admin.post(KEYS, json={"name": "new", "kind": "read"})
    second = (await admin.get(KEYS, params={"cursor": first["next_cursor"]})).json()

    names = [key["name"] for key in [*first["data"], *second["data"]]]
    assert sorted(names) == ["ak_local_acme", "browser", "pk_local_acme", "rk_local_acme", "server"]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "=" * 5, "Zm9v", "WyJhIiwiYiJd!"])
async def test_400_for_an_invalid_cursor(admin, cursor):
    response = await admin.get(KEYS, params={"cursor": cursor})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.0", "x"])
async def test_400_for_an_invalid_limit(admin, limit):
    response = await admin.get(KEYS, params={"limit": limit})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize("api_key", ["ak_local_acme", "pk_local_acme"])
async def test_403_for_any_kind_of_api_key(sign_in, api_key):
    """A stolen key must not be able to create another, or to lock its owner out."""
    response = await (await sign_in(api_key)).get(f"{KEYS}")

    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="keys:manage"' in response.headers["www-authenticate"]


async def test_403_for_an_organisation_other_than_the_token_s(admin):
    response = await admin.get(f"{KEYS}?org_id=org_globex")

    assert (response.status_code, response.json()["code"]) == (403, "tenant_mismatch")


async def test_401_without_a_token(http):
    response = await http.get(f"{KEYS}")

    assert (response.status_code, response.json()["code"]) == (401, "token_missing")


async def test_429_when_the_store_throttles(admin, service):
    service.throttle()
    response = await admin.get(f"{KEYS}")

    assert (response.status_code, response.headers["retry-after"]) == (429, "3")
