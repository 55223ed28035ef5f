"""An environment on loopback, and a `terraform` that returns its addresses."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest

from api.cli.retry import RetryPolicy
from scripts.bundle import MANIFEST
from scripts.deploy_azure.__main__ import main
from scripts.deploy_azure.timing import Timing
from tests.cli.fake_api import serve
from tests.deploy_azure.azure import Azure, a_package

FAST = Timing(
    poll=0.005,
    unknown=0.05,
    deployment=0.3,
    accepted=0.3,
    accepted_retry=0.02,
    smoke=0.3,
    smoke_retry=0.02,
    retry=RetryPolicy(0.3, 0.01, 0.02),
)


class Credential:
    """A signed-in identity, as azure-identity provides it."""

    async def get_token(self, scope: str, **_: object) -> SimpleNamespace:
        return SimpleNamespace(token=f"token for {scope}", expires_on=9_999_999_999)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Front:
    """An ASGI app that serves the environment of the current test."""

    azure: Azure

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.azure.app(scope, receive, send)


@pytest.fixture(scope="session")
def front() -> Iterator[tuple[Front, str]]:
    front = Front()
    front.azure = Azure()
    with serve(front) as url:
        yield front, url


@pytest.fixture
def azure(front: tuple[Front, str]) -> Azure:
    front[0].azure = Azure()
    return front[0].azure


@pytest.fixture
def url(front: tuple[Front, str], azure: Azure) -> str:
    del azure
    return front[1]


@pytest.fixture
def outputs(url: str) -> dict[str, Any]:
    """Return the outputs of Terraform, which a test may change."""
    apps = {
        function: {
            "name": f"func-{function}",
            "url": f"{url}/{function}/app",
            "scm_url": f"{url}/{function}/scm",
            "builds_url": f"{url}/{function}/builds",
        }
        for function in MANIFEST
    }
    return {"environment": "dev", "api_url": f"{url}/gateway", "function_apps": apps}


@pytest.fixture
def terraform(outputs: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a `terraform` command that prints the outputs; a test may rewrite it."""
    command = tmp_path / "bin/terraform"
    command.parent.mkdir()
    document = tmp_path / "outputs.json"
    write_outputs(document, outputs)
    command.write_text(
        f"#!{sys.executable}\nimport sys\n"
        'assert sys.argv[2:] == ["output", "-no-color", "-json"]\n'
        f"print(open({str(document)!r}).read())\n"
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(command.parent))
    return document


def write_outputs(document: Path, outputs: dict[str, Any]) -> None:
    document.write_text(json.dumps({name: {"value": value} for name, value in outputs.items()}))


@pytest.fixture
def bundles(tmp_path: Path) -> Callable[..., None]:
    """Return a function that builds bundles of a version, with exceptions for some functions."""

    def build(version: str, **others: str) -> None:
        folder = tmp_path / "bundles"
        folder.mkdir(exist_ok=True)
        for function in MANIFEST:
            name = f"{function}-{others.get(function, version)}"
            (folder / f"{function}.zip").write_bytes(a_package(name))

    return build


@pytest.fixture
def deploy(terraform: Path, tmp_path: Path) -> Callable[..., int]:
    """Return a function that runs the command with these functions and options."""
    del terraform

    def run(*arguments: str, environment: str = "dev", credential: Any = Credential) -> int:
        own: Sequence[str] = ["--bundles", str(tmp_path / "bundles"), environment, *arguments]
        return main(own, credential=credential, timing=FAST)

    return run
