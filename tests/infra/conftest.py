"""Fixtures to run Terraform with providers that have only a schema (see this folder's README)."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infra.azure_resources import Resources
from tests.infra.provider import ProviderServers, serve
from tests.infra.states import serve_states
from tests.infra.terraform import ENVIRONMENTS, MISSING, Terraform

HERE = Path(__file__).parent
SCHEMAS = sorted((HERE / "schema").glob("*.json"))


@pytest.fixture(scope="session")
def provider_servers() -> Iterator[ProviderServers]:
    """Serve the providers. pytest's folders have too long a path for Unix sockets."""
    with (
        tempfile.TemporaryDirectory(prefix="tf") as folder,
        serve(SCHEMAS, HERE / "rules.json", Path(folder)) as servers,
    ):
        yield servers


@pytest.fixture(scope="session")
def states() -> Iterator[str]:
    with serve_states() as address:
        yield address


@pytest.fixture(scope="session")
def terraform(
    provider_servers: ProviderServers, states: str, tmp_path_factory: pytest.TempPathFactory
) -> Terraform:
    """Return Terraform with the served providers. Without terraform, skip tests, but fail in CI."""
    if not shutil.which("terraform"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return Terraform(provider_servers, states, tmp_path_factory.mktemp("terraform"))


@pytest.fixture(params=ENVIRONMENTS)
def azure(request: pytest.FixtureRequest, terraform: Terraform) -> Resources:
    """Return each Azure environment in turn."""
    return Resources.after_apply(terraform.applied("azure", request.param))


@pytest.fixture
def azure_prod(terraform: Terraform) -> Resources:
    return Resources.after_apply(terraform.applied("azure", "prod"))


@pytest.fixture
def initialised_for_dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a `terraform` that prints outputs of dev, whatever the cloud."""
    outputs = {
        "environment": "dev",
        "api_url": "http://127.0.0.1:9",
        "functions": {name: f"dev-{name}" for name in ("query", "ingest", "old", "new")},
    }
    document = {name: {"value": value} for name, value in outputs.items()}
    command = tmp_path / "bin/terraform"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\necho '{json.dumps(document)}'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")
