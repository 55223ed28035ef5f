"""What the settings open and refuse: which store, as whom, with whose keys."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from threading import Thread

import pytest
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential
from fastapi import APIRouter
from httpx2 import ASGITransport, AsyncClient
from werkzeug import Request, Response
from werkzeug.serving import make_server

from api import app as composition
from api.app import create_app, load_route, open_emulated, open_store
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
}


class TestSettings:
    def test_the_cloud_needs_no_key_in_any_setting(self):
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
            ({"signing_key": "signing"}, "ANALYTICS_KEY_VAULT_URL"),
        ],
    )
    def test_what_is_missing_or_local_is_named(self, change: dict, named: str):
        with pytest.raises(ConfigurationError, match=named):
            Settings(**PRODUCTION | change).checked()

    @pytest.mark.parametrize(
        "keys",
        [
            {"kms_keys": ("alias/signing",)},
            {"signing_key": "signing", "key_vault_url": "https://vault.example"},
        ],
    )
    def test_whoever_signs_needs_no_address_of_keys(self, keys: dict):
        Settings(**PRODUCTION | {"jwks_url": ""} | keys).checked()

    def test_lists_are_separated_by_commas(self):
        environ = {"ANALYTICS_KMS_KEYS": "alias/a, alias/b"}

        assert Settings.from_environment(environ).kms_keys == ("alias/a", "alias/b")


class TestStore:
    async def test_dynamodb_by_name(self, on_dynamodb: Settings):
        async with open_store(on_dynamodb) as store:
            assert isinstance(store, DynamoDBStore)

    async def test_cosmos_by_default(self, settings: Settings):
        async with open_store(settings) as store:
            assert isinstance(store, CosmosStore)

    async def test_tables_are_named_by_their_prefix_and_kept(self, on_dynamodb: Settings):
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
            ({"cosmos_endpoint": "https://account.example"}, DefaultAzureCredential),
            ({"cosmos_endpoint": "https://account.example", "cosmos_key": "a2V5"}, str),
        ],
    )
    async def test_an_account_is_opened_by_identity_unless_there_is_a_key(
        self, changes: dict, expected: type, monkeypatch: pytest.MonkeyPatch
    ):
        seen = []

        @asynccontextmanager
        async def open_cosmos(_, endpoint, credential):
            seen.append((endpoint, type(credential)))
            yield

        monkeypatch.setattr(composition, "_open_cosmos", open_cosmos)
        async with open_store(Settings(**changes)):
            assert seen == [("https://account.example", expected)]

    def test_neither_cloud_brings_the_other(self):
        script = (
            "import sys; from api.app import open_dynamodb; from api.stores import dynamodb;"
            "print([name for name in sys.modules if name.split('.')[0] in "
            "('azure', 'boto3', 'aiohttp', 'cosmos_emulator', 'moto')])"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)  # noqa: S603 - ours

        assert done.stdout.strip() == b"[]"


@pytest.fixture
def key_set() -> Iterator[str]:
    """Where the issuer, another process, publishes its keys."""

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


async def test_whoever_only_verifies_has_no_key(
    key_set: str, settings: Settings, emulator, clock: ManualClock
):
    """In the cloud, by the published keys, without a vault, a file or the cursor secret."""
    async with open_emulated(settings, emulator):
        pass  # makes the containers
    cloud = Settings(**PRODUCTION | {"jwks_url": key_set, "data_dir": settings.data_dir / "none"})
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
        answer = await http.get(path, headers=headers)
        refused = await http.get(path, headers={"Authorization": headers["Authorization"] + "x"})

    assert (answer.status_code, refused.status_code) == (200, 401)
    assert not cloud.data_dir.exists()


async def test_whoever_signs_without_a_key_does_not_start(settings: Settings, emulator):
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
