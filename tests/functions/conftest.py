"""The bundles, built once, and a cloud that runs them."""

from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest

from scripts import bundle
from tests.functions.cloud import Cloud


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make bundle` would write, without the zips."""
    out = tmp_path_factory.mktemp("build")
    bundle.build(out)
    return out


@pytest.fixture(scope="session")
def cloud(bundles: Path, key_files: Path) -> Generator[Cloud]:
    with Cloud(bundles, key_files) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def tokens(cloud: Cloud) -> dict[str, str]:
    """Access tokens that every host accepts, by API key."""
    with httpx2.Client(base_url=cloud.urls["direct"]) as client:
        return {
            key: client.post("/api/v1/auth/token", json={"api_key": key}).json()["access_token"]
            for key in ("ak_local_acme", "pk_local_acme")
        }


@pytest.fixture
def token(tokens: dict[str, str]) -> str:
    """For everything that org_acme may do."""
    return tokens["ak_local_acme"]
