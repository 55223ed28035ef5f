"""Fixtures: the function bundles, built once, and a local cloud that runs them."""

from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest

from api.auth.caller import ALL_SCOPES
from api.auth.factory import signing_keys, token_issuer
from api.auth.issuer import Grant
from api.dependencies import system_clock
from api.settings import Settings
from scripts import bundle
from tests.functions.cloud import Cloud


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the folder that `make bundle` writes, without the zips."""
    out = tmp_path_factory.mktemp("build")
    bundle.build(out)
    return out


@pytest.fixture(scope="session")
def cloud(bundles: Path, key_files: Path) -> Generator[Cloud]:
    with Cloud(bundles, key_files) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def tokens(cloud: Cloud, key_files: Path) -> dict[str, str]:
    """Return access tokens by API key, and one by "admin" of org_acme; every host accepts them."""
    with httpx2.Client(base_url=cloud.urls["direct"]) as client:
        return {
            key: client.post("/api/v1/auth/token", json={"api_key": key}).json()["access_token"]
            for key in ("ak_local_acme", "pk_local_acme")
        } | {"admin": cloud.run(_token_of_an_admin(key_files))}


async def _token_of_an_admin(key_files: Path) -> str:
    settings = Settings(data_dir=key_files)
    issued = await token_issuer(settings, signing_keys(settings, system_clock)).issue(
        Grant("usr", "org_acme", ALL_SCOPES, role="admin"), now=system_clock()
    )
    return issued.access_token


@pytest.fixture
def token(tokens: dict[str, str]) -> str:
    """Return the token of org_acme's secret key."""
    return tokens["ak_local_acme"]
