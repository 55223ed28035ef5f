"""The store, identity and keys that settings select, and the settings that are refused."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from threading import Thread
from urllib.request import urlopen

import pytest
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential
from fastapi import APIRouter
from httpx2 import ASGITransport, AsyncClient
from werkzeug import Request, Response
from werkzeug.serving import make_server

from api import backends
from api.app import create_app, load_route
from api.auth import jwks
from api.auth.factory import read_cursor_secret
from api.backends import open_emulated, open_store
from api.domain.reference import Organization
from api.errors import ConfigurationError
from api.services.organizations import ensure_local_organizations
from api.settings import Settings
from api.stores.cosmos import CosmosStore
from api.stores.dynamodb import DynamoDBStore
from tests.support import ManualClock
from tests.tokens import AUDIENCE, KeyInMemory, access_claims, signed

ISSUER = "https://issuer.example"
PRODUCTION = {
    "env": "production",
    "cosmos_endpoint": "https://account.example",
    "cursor_secret_name": "cursors",
    "jwt_issuer": ISSUER,
    "jwks_url": f"{ISSUER}/.well-known/jwks.json",
    "oidc_issuer": "https://login.example",
    "oidc_jwks_url": "https://login.example/keys",
}


class TestSettings:
    def test_cloud_settings_need_no_keys(self):
        Settings(**PRODUCTION).checked()
        Settings(**PRODUCTION | {"store": "dynamodb", "cosmos_endpoint": "emulator"}).checked()

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"cosmos_key": "a2V5"}, "ANALYTICS_COSMOS_KEY"),
            ({"cosmos_endpoint": "emulator"}, "ANALYTICS_COSMOS_ENDPOINT"),
            ({"dynamodb_endpoint": "http://127.0.0.1:5000"}, "ANALYTICS_DYNAMODB_ENDPOINT"),
            ({"cursor_secret_name": ""}, "ANALYTICS_CURSOR_SECRET_NAME"),
            ({"jwks_url": ""}, "ANALYTICS_JWKS_URL, ANALYTICS_SIGNING_KEY or ANALYTICS_KMS_KEYS"),
            ({"store": "postgres"}, "ANALYTICS_STORE"),
            ({"oidc_jwks_url": ""}, "ANALYTICS_OIDC_JWKS_URL"),
            ({"oidc_jwks_url": "http://login.example/keys"}, "Change ANALYTICS_OIDC_JWKS_URL"),
            ({"oidc_issuer": "http://login.example"}, "Change ANALYTICS_OIDC_ISSUER"),
            ({"jwks_url": "http://issuer.example/keys"}, "Change ANALYTICS_JWKS_URL"),
            ({"jwt_issuer": "http://issuer.example"}, "Change ANALYTICS_JWT_ISSUER"),
            ({"cursor_secret": "x" * 31}, "Change ANALYTICS_CURSOR_SECRET"),
            ({"signing_key": "signing"}, "ANALYTICS_KEY_VAULT_URL"),
        ],
    )
    def test_missing_or_local_settings_are_named(self, change: dict, named: str):
        with pytest.raises(ConfigurationError, match=named):
            Settings(**PRODUCTION | change).checked()

    @pytest.mark.parametrize(
        ("environ", "named"),
        [
            ({"COSMOS_ENDPOINT": "https://account.example"}, "ANALYTICS_COSMOS_ENDPOINT"),
            ({"COSMOS_ENDPOINT": "https://localhost.evil.test"}, "ANALYTICS_COSMOS_ENDPOINT"),
            ({"COSMOS_ENDPOINT": "https://[::1"}, "ANALYTICS_COSMOS_ENDPOINT"),
            ({"STORE": "dynamodb"}, "ANALYTICS_DYNAMODB_ENDPOINT"),
            ({"OIDC_ISSUER": "https://login.example"}, "ANALYTICS_OIDC_JWKS_URL belong together"),
            ({"OIDC_JWKS_URL": "https://login.example/keys"}, "Set both variables or neither"),
            (
                {"STORE": "dynamodb", "DYNAMODB_ENDPOINT": "http://10.0.0.1"},
                "ANALYTICS_DYNAMODB_ENDPOINT",
            ),
        ],
    )
    def test_invalid_settings_of_a_local_environment_are_named(
        self, environ: dict[str, str], named: str
    ):
        with pytest.raises(ConfigurationError, match=named):
            Settings.from_environment({f"ANALYTICS_{k}": v for k, v in environ.items()})

    def test_an_operators_command_needs_only_the_settings_of_the_store(self):
        """The documented settings of the administrative commands, which serve no requests."""
        cosmos = {"ENV": "prod", "COSMOS_ENDPOINT": "https://account.example"}
        dynamodb = {"ENV": "prod", "STORE": "dynamodb", "DYNAMODB_TABLE_PREFIX": "prod-"}
        for given in (cosmos, dynamodb):
            environ = {f"ANALYTICS_{name}": value for name, value in given.items()}
            settings = Settings.from_environment(environ, serves=False)

            assert not settings.is_local
            with pytest.raises(ConfigurationError):
                Settings.from_environment(environ)

    @pytest.mark.parametrize(
        "store",
        [
            {},
            {"COSMOS_ENDPOINT": "https://account.example", "COSMOS_KEY": "a2V5"},
            {"STORE": "dynamodb", "DYNAMODB_ENDPOINT": "http://127.0.0.1:5000"},
        ],
    )
    def test_an_operators_command_refuses_a_local_store_outside_local(self, store: dict[str, str]):
        environ = {f"ANALYTICS_{name}": value for name, value in (store | {"ENV": "prod"}).items()}

        with pytest.raises(ConfigurationError, match="hold local values"):
            Settings.from_environment(environ, serves=False)

    @pytest.mark.parametrize(
        "endpoint", ["https://localhost:8081", "http://127.0.0.2:1", "http://[::1]:8081"]
    )
    def test_a_store_on_this_machine_is_local(self, endpoint: str):
        settings = Settings.from_environment({"ANALYTICS_COSMOS_ENDPOINT": endpoint})

        assert settings.is_local

    def test_only_a_local_api_allows_pages_on_this_machine(self):
        assert "http://localhost:3000" in Settings().allowed_origins
        assert Settings(**PRODUCTION).allowed_origins == ()
        assert Settings(**PRODUCTION | {"cors_origins": (ISSUER,)}).allowed_origins == (ISSUER,)

    async def test_a_short_secret_is_refused(self, monkeypatch: pytest.MonkeyPatch):
        async def read(*_: object) -> bytes:
            return b"x" * 31

        monkeypatch.setattr("api.auth.keys.kms.make_client", lambda _: None)
        monkeypatch.setattr("api.auth.keys.kms.read_aws_secret", read)
        with pytest.raises(ConfigurationError, match="cursors has 31 bytes"):
            await read_cursor_secret(Settings(**PRODUCTION))

    @pytest.mark.parametrize(
        "keys",
        [
            {"kms_keys": ("alias/signing",)},
            {"signing_key": "signing", "key_vault_url": "https://vault.example"},
        ],
    )
    def test_a_signing_server_needs_no_jwks_url(self, keys: dict):
        Settings(**PRODUCTION | {"jwks_url": ""} | keys).checked()

    def test_lists_are_separated_by_commas(self):
        environ = {"ANALYTICS_KMS_KEYS": "alias/a, alias/b"}

        assert Settings.from_environment(environ).kms_keys == ("alias/a", "alias/b")


class TestStore:
    async def test_dynamodb_is_selected_by_name(self, on_dynamodb: Settings):
        async with open_store(on_dynamodb) as store:
            assert isinstance(store, DynamoDBStore)

    async def test_cosmos_is_the_default(self, settings: Settings):
        async with open_store(settings) as store:
            assert isinstance(store, CosmosStore)

    async def test_table_names_have_the_prefix_and_data_is_kept(self, on_dynamodb: Settings):
        async with open_store(on_dynamodb) as store:
            await ensure_local_organizations(store)
        async with open_store(replace(on_dynamodb, dynamodb_table_prefix="other-")) as other:
            assert await other.read(Organization, "org_acme") is None
        async with open_store(on_dynamodb) as again:
            assert await again.read(Organization, "org_acme")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            (PRODUCTION, ManagedIdentityCredential),
            (PRODUCTION | {"azure_client_id": "1" * 8}, ManagedIdentityCredential),
            ({"cosmos_endpoint": "https://localhost:8081"}, DefaultAzureCredential),
            ({"cosmos_endpoint": "https://localhost:8081", "cosmos_key": "a2V5"}, str),
        ],
    )
    async def test_an_account_is_opened_with_an_identity_unless_a_key_is_set(
        self, changes: dict, expected: type, monkeypatch: pytest.MonkeyPatch
    ):
        seen = []

        @asynccontextmanager
        async def open_cosmos(_, endpoint, credential):
            seen.append((endpoint, type(credential)))
            yield

        monkeypatch.setattr(backends, "_open_cosmos", open_cosmos)
        async with open_store(Settings(**changes)):
            assert seen == [(changes["cosmos_endpoint"], expected)]

    def test_the_dynamodb_store_imports_nothing_of_azure(self):
        script = (
            "import sys; from api.backends import open_dynamodb; from api.stores import dynamodb;"
            "print([name for name in sys.modules if name.split('.')[0] in "
            "('azure', 'boto3', 'aiohttp', 'cosmos_emulator', 'moto')])"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)  # noqa: S603 - ours

        assert done.stdout.strip() == b"[]"


@pytest.fixture
def key_set() -> Iterator[str]:
    """Serve an issuer's published keys and yield their URL."""

    @Request.application
    def publish(_: Request) -> Response:
        return Response(f'{{"keys": [{KeyInMemory().jwk}]}}'.replace("'", '"'))

    server = make_server("127.0.0.1", 0, publish)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_function_that_only_verifies_tokens_has_no_key(
    key_set: str, settings: Settings, emulator, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
):
    """A cloud function that only verifies needs no vault, key file or cursor secret."""
    monkeypatch.setattr(jwks, "urlopen", lambda _, **options: urlopen(key_set, **options))  # noqa: S310 - loopback
    async with open_emulated(settings, emulator):
        pass  # creates the containers
    cloud = Settings(**PRODUCTION | {"data_dir": settings.data_dir / "none"})
    app = create_app(
        cloud,
        APIRouter(routes=[load_route("summarize_metrics")]),
        open_store=lambda _: open_emulated(cloud, emulator),
        now=clock,
        folds=False,
    )
    token = signed(access_claims(iss=ISSUER, aud=AUDIENCE))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://api.test") as http,
    ):
        path, headers = "/api/v1/metrics/summary", {"Authorization": f"Bearer {token}"}
        response = await http.get(path, headers=headers)
        refused = await http.get(path, headers={"Authorization": headers["Authorization"] + "x"})

    assert (response.status_code, refused.status_code) == (200, 401)
    assert not cloud.data_dir.exists()


@pytest.mark.parametrize("operation", ["ingest_events", "beacon_events"])
async def test_a_function_that_hashes_user_ids_does_not_start_without_the_secret(
    operation: str, settings: Settings, emulator
):
    cloud = Settings(**PRODUCTION | {"data_dir": settings.data_dir})
    app = create_app(
        cloud,
        APIRouter(routes=[load_route(operation)]),
        open_store=lambda _: open_emulated(cloud, emulator),
        folds=False,
    )

    with pytest.raises(ConfigurationError, match="ANALYTICS_USER_HASH_SECRET_NAME"):
        async with app.router.lifespan_context(app):
            pass


async def test_a_signing_function_does_not_start_without_a_key(settings: Settings, emulator):
    cloud = Settings(**PRODUCTION | {"data_dir": settings.data_dir})
    app = create_app(
        cloud,
        APIRouter(routes=[load_route("issue_token")]),
        open_store=lambda _: open_emulated(cloud, emulator),
        folds=False,
    )

    with pytest.raises(ConfigurationError, match="ANALYTICS_SIGNING_KEY"):
        async with app.router.lifespan_context(app):
            pass
