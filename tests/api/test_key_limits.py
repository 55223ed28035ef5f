"""Keys that expire, keys for some origins only, and the day of a key's last use."""

import json
from dataclasses import replace

import jwt
import pytest

from api.domain.reference import ApiKey, hash_api_key
from api.stores.protocol import Conflict, Refused, Throttled, Unavailable
from api.stores.records import RECORDS
from tests.api.token_service import PUBLISHABLE_KEY, SECRET_KEY
from tests.support import EVENTS, an_event, send

KEYS = "/api/v1/keys"
SHOP = "https://shop.example"
PAGES = [SHOP, "http://localhost:3000"]


@pytest.fixture
def create(admin):
    """Return a function that creates a key through the API and returns its secret."""

    async def create(**settings):
        new = {"name": "Shop", "kind": "publishable"} | settings
        response = await admin.post(KEYS, json=new)
        assert response.status_code == 201, response.text
        return response.json()["api_key"]

    return create


@pytest.fixture
def beacon(http):
    async def beacon(credential, **headers):
        body = json.dumps(credential | {"events": [an_event()]})
        headers = {"Content-Type": "text/plain"} | headers
        return await http.post(f"{EVENTS}/beacon", content=body, headers=headers)

    return beacon


@pytest.fixture
def ingest(service):
    """Return a function that exchanges a key and sends an event with the headers."""

    async def ingest(api_key, **headers):
        issued = await service.exchange_key(api_key)
        headers |= {"Authorization": f"Bearer {issued.json()['access_token']}"}
        body = {"events": [an_event()]}
        return await service.client.post(EVENTS, json=body, headers=headers)

    return ingest


class TestExpiry:
    async def test_an_expired_key_is_refused_at_exchange_and_beacon(
        self, create, service, beacon, clock
    ):
        key = await create(expires_at="2026-03-10T13:00:00Z")
        clock.forward(minutes=59, seconds=59)
        assert (await service.exchange_key(key)).status_code == 200
        assert (await beacon({"api_key": key})).status_code == 201
        clock.forward(seconds=1)
        for response in (await service.exchange_key(key), await beacon({"api_key": key})):
            assert (response.status_code, response.json()["code"]) == (401, "credential_expired")
            assert response.headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        ("seconds", "lifetime"), [(3600, 900), (900, 900), (899.5, 899), (60, 60), (1, 1)]
    )
    async def test_no_token_lives_longer_than_its_key(
        self, create, service, clock, seconds, lifetime
    ):
        moment = clock.moment
        clock.forward(seconds=seconds)
        expires_at = clock.moment.isoformat()
        clock.moment = moment
        issued = await service.exchange_key(await create(expires_at=expires_at))
        claims = jwt.decode(issued.json()["access_token"], options={"verify_signature": False})

        assert issued.json()["expires_in"] == lifetime
        assert claims["exp"] == int(moment.timestamp()) + lifetime

    async def test_a_short_lived_token_is_reused_for_a_third_of_its_lifetime(
        self, create, service, clock
    ):
        key = await create(expires_at="2026-03-10T12:01:00Z")
        first = (await service.exchange_key(key)).json()
        clock.forward(seconds=19)
        again = (await service.exchange_key(key)).json()
        clock.forward(seconds=1)
        later = (await service.exchange_key(key)).json()

        assert again == first | {"expires_in": 41}
        assert later["access_token"] != first["access_token"]
        assert later["expires_in"] == 40

    async def test_a_key_without_an_expiry_stays_valid(self, create, service, clock):
        key = await create()
        clock.forward(days=10_000)

        assert (await service.exchange_key(key)).status_code == 200


class TestOrigins:
    @pytest.mark.parametrize("origin", PAGES)
    async def test_an_allowed_origin_sends_events(self, create, ingest, beacon, origin):
        key = await create(origins=PAGES)

        assert (await ingest(key, Origin=origin)).status_code == 201
        assert (await beacon({"api_key": key}, Origin=origin)).status_code == 201

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": ""},
            {"Origin": "null"},
            {"Origin": "https://other.example"},
            {"Origin": "http://shop.example"},
            {"Origin": "https://shop.example:8443"},
            {"Origin": "https://shop.example/"},
            {"Origin": "https://shop.example.evil.example"},
            {"Origin": "https://evil-shop.example"},
            {"Origin": f"{SHOP}, {SHOP}"},
            {"Referer": f"{SHOP}/page"},
        ],
        ids=repr,
    )
    async def test_any_other_origin_and_a_missing_one_are_refused(
        self, create, ingest, beacon, service, headers
    ):
        key = await create(origins=PAGES)
        token = (await service.exchange_key(key)).json()["access_token"]
        for response in (
            await ingest(key, **headers),
            await beacon({"api_key": key}, **headers),
            await beacon({"access_token": token}, **headers),
        ):
            assert (response.status_code, response.json()["code"]) == (403, "origin_not_allowed")

    async def test_two_origin_headers_are_refused(self, create, service):
        issued = await service.exchange_key(await create(origins=PAGES))
        headers = [
            ("Authorization", f"Bearer {issued.json()['access_token']}"),
            ("Origin", SHOP),
            ("Origin", SHOP),
        ]
        service.client.headers.pop("Authorization")
        response = await service.client.post(EVENTS, json={"events": [an_event()]}, headers=headers)

        assert (response.status_code, response.json()["code"]) == (403, "origin_not_allowed")

    async def test_a_key_without_origins_writes_from_anywhere(self, create, ingest, beacon):
        key = await create()

        assert (await ingest(key, Origin="https://any.example")).status_code == 201
        assert (await beacon({"api_key": key})).status_code == 201

    async def test_a_token_that_is_narrowed_keeps_the_origins(self, create, service):
        grant = {"api_key": await create(origins=PAGES), "scope": "events:write"}
        issued = await service.client.post("/api/v1/auth/token", json=grant)
        service.client.headers["Authorization"] = f"Bearer {issued.json()['access_token']}"

        assert (await send(service.client, an_event())).json()["code"] == "origin_not_allowed"


class TestLastUse:
    async def test_the_day_is_recorded_once_per_day_and_key(self, admin, service, app, clock):
        writes = count_replacements(app.state.resources.store)
        days = [await last_used(admin, SECRET_KEY)]
        for _ in range(3):
            await service.exchange_key(SECRET_KEY)
        days.append(await last_used(admin, SECRET_KEY))
        clock.forward(days=1)
        admin.headers["Authorization"] = await new_authorization(service)
        await service.exchange_key(SECRET_KEY)
        days.append(await last_used(admin, SECRET_KEY))

        assert days == [None, "2026-03-10", "2026-03-11"]
        assert len(writes) == 2

    async def test_a_beacon_counts_as_use(self, admin, beacon):
        assert (await beacon({"api_key": PUBLISHABLE_KEY})).status_code == 201

        assert await last_used(admin, PUBLISHABLE_KEY) == "2026-03-10"

    async def test_a_clock_that_is_behind_does_not_move_the_day_back(self, admin, service, clock):
        await service.exchange_key(SECRET_KEY)
        clock.forward(days=-1)
        await service.exchange_key(SECRET_KEY)
        clock.forward(days=1)

        assert await last_used(admin, SECRET_KEY) == "2026-03-10"

    @pytest.mark.parametrize(
        "error",
        [Conflict(), Refused(), Throttled(1), Unavailable("as planned"), OSError("as planned")],
        ids=repr,
    )
    async def test_a_failed_write_does_not_fail_the_request(
        self, service, beacon, app, monkeypatch, error
    ):
        async def fail(*_, **__):
            raise error

        monkeypatch.setattr(app.state.resources.store, "replace", fail)

        assert (await service.exchange_key(SECRET_KEY)).status_code == 200
        assert (await beacon({"api_key": PUBLISHABLE_KEY})).status_code == 201

    async def test_a_key_that_is_revoked_at_the_same_time_is_not_restored(
        self, service, app, monkeypatch
    ):
        store = app.state.resources.store
        original = store.replace

        async def revoke_first(record, **version):
            await store.delete(ApiKey, record.key_hash)
            return await original(record, **version)

        monkeypatch.setattr(store, "replace", revoke_first)
        await service.exchange_key(SECRET_KEY)

        assert await store.read(ApiKey, hash_api_key(SECRET_KEY)) is None


def test_a_key_of_an_earlier_version_has_no_limits():
    old = {"key_hash": "f" * 64, "org_id": "org_acme", "kind": "secret", "name": "a"}
    key = RECORDS[ApiKey].decode(old | {"created_at": "2026-01-01"})

    assert (key.expires_at, key.origins, key.last_used, key.created_by) == ("", (), "", "")
    assert RECORDS[ApiKey].decode(RECORDS[ApiKey].encode(replace(key, origins=(SHOP,)))) == replace(
        key, origins=(SHOP,)
    )


def count_replacements(store):
    """Return a list to which every replacement of a record by this store is added."""
    replaced = []
    original = store.replace

    async def replace_and_count(record, **version):
        replaced.append(record)
        return await original(record, **version)

    store.replace = replace_and_count
    return replaced


async def last_used(admin, api_key):
    keys = (await admin.get(KEYS)).json()["data"]
    return {key["key_id"]: key["last_used_on"] for key in keys}[hash_api_key(api_key)]


async def new_authorization(service):
    id_token = await service.id_token(sub="usr_ada", exp=int(service.clock().timestamp()) + 900)
    issued = await service.exchange(id_token, "org_acme")
    return f"Bearer {issued.json()['access_token']}"
