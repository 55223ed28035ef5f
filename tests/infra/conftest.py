"""Terraform with providers that have only a schema; see README.md in this folder."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.azure_resources import Resources
from tests.infra.provider import ProviderServers, serve
from tests.infra.terraform import ENVIRONMENTS, MISSING, Terraform

HERE = Path(__file__).parent
SCHEMAS = sorted((HERE / "schema").glob("*.json"))


@pytest.fixture(scope="session")
def provider_servers() -> Iterator[ProviderServers]:
    """Serve the providers. A socket's path must be short, so pytest's folders can't hold it."""
    with (
        tempfile.TemporaryDirectory(prefix="tf") as folder,
        serve(SCHEMAS, HERE / "rules.json", Path(folder)) as servers,
    ):
        yield servers


@pytest.fixture(scope="session")
def terraform(
    provider_servers: ProviderServers, tmp_path_factory: pytest.TempPathFactory
) -> Terraform:
    """Skip for users without terraform; fail in CI."""
    if not shutil.which("terraform"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return Terraform(provider_servers, tmp_path_factory.mktemp("terraform"))


@pytest.fixture(params=ENVIRONMENTS)
def azure(request: pytest.FixtureRequest, terraform: Terraform) -> Resources:
    """Return each Azure environment in turn."""
    return Resources.after_apply(terraform.applied("azure", request.param))


@pytest.fixture
def azure_prod(terraform: Terraform) -> Resources:
    return Resources.after_apply(terraform.applied("azure", "prod"))
