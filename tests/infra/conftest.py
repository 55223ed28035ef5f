"""Terraform with providers that have only a schema; see README.md beside this file."""

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
    """Needs no terraform. A socket's path must be short, which pytest's folders are not."""
    with (
        tempfile.TemporaryDirectory(prefix="tf") as folder,
        serve(SCHEMAS, HERE / "rules.json", Path(folder)) as servers,
    ):
        yield servers


@pytest.fixture(scope="session")
def terraform(
    provider_servers: ProviderServers, tmp_path_factory: pytest.TempPathFactory
) -> Terraform:
    """Skips for people without terraform, fails in CI."""
    if not shutil.which("terraform"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return Terraform(provider_servers, tmp_path_factory.mktemp("terraform"))


@pytest.fixture(params=ENVIRONMENTS)
def azure(request: pytest.FixtureRequest, terraform: Terraform) -> Resources:
    """Each environment on Azure in turn."""
    return Resources.after_apply(terraform.applied("azure", request.param))


@pytest.fixture
def azure_prod(terraform: Terraform) -> Resources:
    return Resources.after_apply(terraform.applied("azure", "prod"))
