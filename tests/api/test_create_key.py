"""POST /api/v1/keys; test names begin with the response status."""

import json
import re

import pytest

from api.domain.reference import ApiKey, AuditEntry, Membership, hash_api_key
from cosmos_emulator import Emulator
from tests.support import an_event, send, statuses

KEYS = "/api/v1/keys"
NEW = {"name": "Checkout page", "kind": "secret"}
PAGE = {"name": "Checkout page", "kind": "publishable"}


@pytest.mark.parametrize(
    ("kind", "prefix", "scope"),
    [
        ("secret", "ak_", "events:read events:write insights:read metrics:read"),
        ("read", "rk_", "events:read insights:read metrics:read"),
        ("publishable", "pk_", "events:write"),
    ],
)
async def test_201_a_key_that_works(admin, service, kind, prefix, scope):
    response = await admin.post(KEYS, json=NEW | {"kind": kind})
    made = response.json()
    issued = await service.exchange_key(made["api_key"])
    admin.headers["Authorization"] = f"Bearer {issued.json()['access_token']}"

    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    assert made.keys() == {
        "key_id",
        "name",
        "kind",
        "created_at",
        "created_by",
        "expires_at",
        "origins",
        "last_used_on",
        "api_key",
    }
    assert (made["expires_at"], made["origins"], made["last_used_on"]) == (None, [], None)
    assert made["created_by"] == "usr_ada"
    assert re.fullmatch(f"{prefix}[0-9a-f]{{40}}", made["api_key"])
    assert made["key_id"] == hash_api_key(made["api_key"])
    assert issued.json()["scope"] == scope
    if "events:write" in scope:
        assert statuses(await send(admin, an_event())) == ["created"]


async def test_201_a_key_with_an_expiry_and_origins(admin, store):
    origins = ["https://shop.example", "http://localhost:3000", "https://xn--bcher-kva.example"]
    new = {"name": "Shop", "kind": "publishable", "origins": [*origins, origins[0]]}
    response = await admin.post(KEYS, json=new | {"expires_at": "2026-04-01T02:00:00+02:00"})
    listed = (await admin.get(KEYS)).json()["data"]

    assert response.json()["origins"] == origins
    assert response.json()["expires_at"] == "2026-04-01T00:00:00.000000Z"
    made = {name: value for name, value in response.json().items() if name != "api_key"}
    assert made in listed
    [entry] = await store.find(AuditEntry, "org_acme")
    limits = {"expires_at": "2026-04-01T00:00:00.000000Z", "origins": origins}
    assert entry.details == {"name": "Shop", "kind": "publishable"} | limits


async def test_422_for_more_than_100_keys(admin, store):
    missing = 100 - len((await admin.get(KEYS)).json()["data"])
    for number in range(missing):
        await store.create(ApiKey(f"{number:064}", "org_acme", "secret", "", ""))
        await store.create(ApiKey(f"{number + 500:064}", "org_globex", "secret", "", ""))
    refused = await admin.post(KEYS, json=NEW)
    await admin.delete(f"{KEYS}/{0:064}")

    assert (refused.status_code, refused.json()["code"]) == (422, "key_limit_reached")
    assert "Revoke" in refused.json()["detail"]
    assert (await admin.post(KEYS, json=NEW)).status_code == 201


async def test_201_the_secret_is_not_stored(admin, emulator: Emulator):
    stored: list[bytes] = []
    emulator.interceptors.append(lambda request: stored.append(request.body))
    made = (await admin.post(KEYS, json=NEW)).json()

    assert any(made["key_id"].encode() in body for body in stored)
    assert not any(made["api_key"].encode() in body for body in stored)


async def test_201_each_request_creates_a_key_despite_an_idempotency_key(admin):
    headers = {"Idempotency-Key": "same"}
    made = [(await admin.post(KEYS, json=NEW, headers=headers)).json() for _ in range(2)]
    listed = {key["key_id"] for key in (await admin.get(KEYS)).json()["data"]}

    assert made[0]["api_key"] != made[1]["api_key"]
    assert {key["key_id"] for key in made} <= listed  # a key whose response was lost can be revoked


@pytest.mark.parametrize(
    ("payload", "pointer"),
    [
        ({"kind": "secret"}, "/name"),
        (NEW | {"name": ""}, "/name"),
        (NEW | {"name": "   "}, "/name"),
        (NEW | {"name": "x" * 101}, "/name"),
        (NEW | {"name": 1}, "/name"),
        ({"name": "x"}, "/kind"),
        (NEW | {"kind": "ak"}, "/kind"),
        (NEW | {"scope": "keys:manage"}, "/scope"),
        (NEW | {"org_id": "org_globex"}, "/org_id"),
        ([NEW], ""),
        (NEW | {"expires_at": "2026-03-10T12:00:00Z"}, "/expires_at"),
        (NEW | {"expires_at": "2026-04-01"}, "/expires_at"),
        (NEW | {"expires_at": 1}, "/expires_at"),
        (NEW | {"origins": ["https://shop.example"]}, "/origins"),
        (PAGE | {"origins": "https://shop.example"}, "/origins"),
        (PAGE | {"origins": [f"https://{n}.example" for n in range(11)]}, "/origins"),
        (PAGE | {"origins": ["https://shop.example/"]}, "/origins/0"),
        (PAGE | {"origins": ["https://shop.example", "shop.example"]}, "/origins/1"),
        (PAGE | {"origins": ["https://Shop.example"]}, "/origins/0"),
        (PAGE | {"origins": ["https://a..example"]}, "/origins/0"),
        (PAGE | {"origins": ["https://-a.example"]}, "/origins/0"),
        (PAGE | {"origins": []}, "/origins"),  # an empty list must not mean "any origin"
        (PAGE | {"origins": ["https://shop.example:443"]}, "/origins/0"),
        (PAGE | {"origins": ["http://shop.example:80"]}, "/origins/0"),
        (PAGE | {"origins": ["https://shop.example:65536"]}, "/origins/0"),
        (PAGE | {"origins": ["https://shop.example:0"]}, "/origins/0"),
        (PAGE | {"origins": ["*"]}, "/origins/0"),
        (PAGE | {"origins": ["null"]}, "/origins/0"),
    ],
)
async def test_422_names_the_invalid_field(admin, payload, pointer):
    response = await admin.post(KEYS, json=payload)

    assert (response.status_code, response.json()["code"]) == (422, "invalid_payload")
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed_json"),
        (json.dumps(NEW | {"name": "x" * 5000}), "application/json", 413, "body_too_large"),
        (json.dumps(NEW), "text/plain", 415, "unsupported_media_type"),
    ],
)
async def test_400_413_415_for_malformed_large_or_unsupported_bodies(
    admin, content, media_type, status, code
):
    response = await admin.post(KEYS, content=content, headers={"Content-Type": media_type})

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("api_key", ["ak_local_acme", "pk_local_acme"])
async def test_403_for_any_kind_of_api_key(sign_in, api_key):
    """A stolen key must not be able to create another, or to lock its owner out."""
    response = await (await sign_in(api_key)).post(f"{KEYS}", json=NEW)

    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert 'scope="keys:manage"' in response.headers["www-authenticate"]


async def test_403_for_an_organisation_other_than_the_token_s(admin):
    response = await admin.post(f"{KEYS}?org_id=org_globex", json=NEW)

    assert (response.status_code, response.json()["code"]) == (403, "tenant_mismatch")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", KEYS), ("POST", KEYS), ("DELETE", f"{KEYS}/{'0' * 64}")]
)
async def test_403_for_a_token_of_an_admin_who_was_removed(admin, app, method, path):
    """The admin's token is valid for 15 minutes, but a key created with it would never expire."""
    store = app.state.resources.store
    await store.delete(Membership, "usr_ada", "org_acme")
    removed = await admin.request(method, path, json=NEW)
    await store.create(Membership("usr_ada", "org_acme", "member", "2026-01-01T00:00:00Z"))
    demoted = await admin.request(method, path, json=NEW)

    assert (removed.status_code, removed.json()["code"]) == (403, "not_a_member")
    assert (demoted.status_code, demoted.json()["code"]) == (403, "insufficient_scope")
    assert all(key.name != NEW["name"] for key in await store.find(ApiKey, "org_acme"))


async def test_401_without_a_token(http):
    response = await http.post(f"{KEYS}", json=NEW)

    assert (response.status_code, response.json()["code"]) == (401, "token_missing")


async def test_429_when_the_store_throttles(admin, service):
    service.throttle()
    response = await admin.post(f"{KEYS}", json=NEW)

    assert (response.status_code, response.headers["retry-after"]) == (429, "3")
