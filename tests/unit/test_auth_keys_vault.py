"""A signing key and a secret in Key Vault, with the real SDK on a fake vault."""

from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
from azure.keyvault.keys.aio import KeyClient
from azure.keyvault.secrets.aio import SecretClient

from api.app import create_app
from api.auth import factory
from api.auth.keys.file import RETIRED_FOR
from api.auth.keys.remote import COOLDOWN, FRESH_FOR
from api.auth.keys.vault import PUBLISHED_FIRST, VaultKeySource, read_vault_secret
from api.auth.signing import sign_token
from api.backends import open_emulated
from api.errors import ApiError, ConfigurationError
from tests.stores.vault import KEY, SECRET, Identity, serve_vault
from tests.support import START

OLD, NEW = "a" * 32, "b" * 32
LONG_AGO = START - timedelta(days=90)


@pytest.fixture
def vault(tmp_path):
    with serve_vault(tmp_path) as vault:
        vault.add_version(OLD, LONG_AGO)
        yield vault


@pytest.fixture
def options(vault):
    """Return client options that trust this vault and fail immediately."""
    return {
        "verify_challenge_resource": False,  # the fake is not under vault.azure.net
        "connection_verify": str(vault.certificate),
        "retry_total": 0,
    }


@pytest.fixture
async def client(vault, options):
    async with KeyClient(vault.url, Identity(), **options) as client:
        yield client


@pytest.fixture
def keys(client, clock):
    return VaultKeySource(client, KEY, now=clock)


async def published(keys):
    return [jwk["kid"] for jwk in (await keys.public_keys())["keys"]]


async def test_a_signed_token_verifies_with_the_published_key(keys):
    [jwk] = (await keys.public_keys())["keys"]
    token = await sign_token(keys, {"sub": "usr_1"}, token_type="JWT")

    assert jwt.decode(token, jwt.PyJWK(jwk), algorithms=["RS256"]) == {"sub": "usr_1"}
    assert jwt.get_unverified_header(token)["kid"] == OLD
    assert jwk.keys() == {"kty", "use", "alg", "kid", "n", "e"}


async def test_key_versions_are_cached(keys, vault, clock):
    for _ in range(3):
        await keys.public_keys()
        await keys.sign(b"message")
    clock.forward(seconds=FRESH_FOR.total_seconds())
    await keys.public_keys()

    assert vault.requests.count(f"GET /keys/{KEY}/versions") == 2
    assert (
        vault.requests.count(f"GET /keys/{KEY}/{OLD}") == 2
    )  # the signing version is read for its public key
    assert vault.requests.count(f"POST /keys/{KEY}/{OLD}/sign") == 3


class TestRotation:
    async def test_a_new_version_is_published_before_it_signs(self, keys, vault, clock):
        vault.add_version(NEW, START)
        assert await published(keys) == [NEW, OLD]
        assert keys.key_id == OLD
        clock.forward(seconds=PUBLISHED_FIRST.total_seconds())

        assert await published(keys) == [NEW, OLD]
        assert keys.key_id == NEW

    async def test_an_old_version_is_published_until_its_tokens_have_expired(
        self, keys, vault, clock
    ):
        vault.add_version(NEW, START)
        clock.forward(seconds=(PUBLISHED_FIRST + RETIRED_FOR).total_seconds() - 1)
        assert await published(keys) == [NEW, OLD]
        clock.forward(seconds=FRESH_FOR.total_seconds())

        assert await published(keys) == [NEW]

    async def test_the_first_version_signs_immediately(self, keys, vault):
        vault.versions = {}
        vault.add_version(NEW, START)

        assert await published(keys) == [NEW]
        assert keys.key_id == NEW

    async def test_a_version_signs_only_after_its_start_time(self, keys, vault):
        later = START + timedelta(hours=1)
        vault.add_version(NEW, LONG_AGO, nbf=int(later.timestamp()))

        assert await published(keys) == [NEW, OLD]
        assert keys.key_id == OLD

    @pytest.mark.parametrize("change", [{"enabled": False}, {"exp": int(START.timestamp())}])
    async def test_a_disabled_or_expired_version_is_not_published(self, keys, vault, change):
        vault.add_version(NEW, LONG_AGO, **change)

        assert await published(keys) == [OLD]

    async def test_the_previous_version_signs_after_the_current_one_is_disabled(
        self, keys, vault, clock
    ):
        vault.add_version(NEW, START - PUBLISHED_FIRST)
        await keys.public_keys()
        vault.add_version(NEW, START, enabled=False)
        with pytest.raises(ApiError):
            await keys.sign(b"message")

        assert keys.key_id == OLD
        assert await keys.sign(b"message")
        assert clock() == START

    async def test_all_pages_of_versions_are_read(self, keys, vault):
        for number in range(5):
            vault.add_version(f"{number:032}", LONG_AGO + timedelta(days=number))

        assert await published(keys) == [f"{4:032}"]

    async def test_without_an_enabled_version_the_error_says_so(self, keys, vault):
        vault.add_version(OLD, LONG_AGO, enabled=False)

        with pytest.raises(ConfigurationError, match="no version that is enabled"):
            await keys.public_keys()


class TestOutage:
    async def test_without_any_key_signing_is_unavailable(self, keys, vault):
        vault.is_unavailable = True

        for attempt in (keys.public_keys, lambda: keys.sign(b"message")):
            with pytest.raises(ApiError) as refused:
                await attempt()
            assert refused.value.code == "identity_provider_unavailable"
            assert refused.value.retry_after

    async def test_known_keys_stay_published(self, keys, vault, clock):
        await keys.public_keys()
        vault.is_unavailable = True
        clock.forward(seconds=FRESH_FOR.total_seconds())

        assert await published(keys) == [OLD]
        requests = len(vault.requests)
        assert await published(keys) == [OLD]
        assert len(vault.requests) == requests  # no retry before the cooldown

    async def test_signing_recovers_when_the_vault_is_available_again(self, keys, vault, clock):
        await keys.public_keys()
        vault.is_unavailable = True
        with pytest.raises(ApiError, match="signing keys"):
            await keys.sign(b"message")
        vault.is_unavailable = False
        clock.forward(seconds=COOLDOWN.total_seconds())

        assert await keys.sign(b"message")


class TestSecret:
    @pytest.fixture
    async def secrets(self, vault, options):
        async with SecretClient(vault.url, Identity(), **options) as client:
            yield client

    async def test_a_secret_is_read_as_bytes(self, secrets):
        assert await read_vault_secret(secrets, SECRET) == "sécret".encode()

    async def test_a_missing_secret_is_unavailable(self, secrets):
        with pytest.raises(ApiError) as refused:
            await read_vault_secret(secrets, "another")

        assert refused.value.code == "identity_provider_unavailable"


class TestApp:
    @pytest.fixture
    async def app(self, settings, vault, options, emulator, clock, monkeypatch):
        monkeypatch.setattr(factory, "azure_credential", lambda _: Identity())
        for name, value in options.items():
            monkeypatch.setitem(factory._VAULT_OPTIONS, name, value)
        settings = replace(
            settings, key_vault_url=vault.url, signing_key=KEY, cursor_secret_name=SECRET
        )
        app = create_app(
            settings, open_store=lambda s: open_emulated(s, emulator), now=clock, folds=False
        )
        async with app.router.lifespan_context(app):
            yield app
            await app.state.resources.key_source._keys._client.close()

    async def test_the_app_signs_with_the_vault_and_reads_its_secret(self, acme, app, settings):
        token = acme.headers["Authorization"].removeprefix("Bearer ")
        published = (await acme.get("/.well-known/jwks.json")).json()["keys"]

        assert (await acme.get("/api/v1/events")).status_code == 200
        assert jwt.get_unverified_header(token)["kid"] == published[0]["kid"] == OLD
        assert app.state.resources.cursor_secret == "sécret".encode()
        assert not (settings.data_dir / "cursor-secret").exists()

    async def test_the_user_hash_secret_is_read_from_the_vault(self, app, settings, vault):
        assert app.state.resources.cursor_secret  # the vault is reachable
        named = replace(settings, key_vault_url=vault.url, user_hash_secret_name=SECRET)
        with pytest.raises(ConfigurationError, match="at least 32 bytes, but it has 7"):
            await factory.read_user_keys(named)  # the fake's secret is too short

    async def test_an_unavailable_vault_is_503(self, http, vault):
        vault.is_unavailable = True
        response = await http.post("/api/v1/auth/token", json={"api_key": "ak_local_acme"})

        assert response.status_code == 503
        assert response.json()["code"] == "identity_provider_unavailable"
        assert response.headers["Retry-After"]
