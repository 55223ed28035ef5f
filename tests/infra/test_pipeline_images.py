"""`make publish-images`: which registry it signs in to, and what it pushes."""

import os
import re
from pathlib import Path

import pytest

from scripts.pipeline import images
from scripts.pipeline.outputs import ROOTS

COMMAND = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
case "$0 $*" in
*"get-login-password"*) echo the-password ;;
*"--password-stdin"*) echo "input: $(cat)" >>"$CALLS" ;;
*"docker inspect"*) echo "name@sha256:1" ;;
esac
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install commands that record their arguments and input, and return the record."""
    for name in ("docker", "az", "aws"):
        (tmp_path / name).write_text(COMMAND)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path / "calls"


def publish(calls: Path, registry: str) -> list[str]:
    assert images.main([f"--registry={registry}", "--tag=1"]) == 0
    return calls.read_text().splitlines()


@pytest.mark.parametrize("host", ["shared.azurecr.io", "shared-a1b2.azurecr.io"])
def test_the_command_signs_in_to_azure(calls: Path, host: str) -> None:
    lines = publish(calls, host)

    assert lines[0] == "az acr login --name shared"
    assert f"docker push {host}/analytics-app:1" in lines


def test_the_command_signs_in_to_aws(calls: Path) -> None:
    host = "000000000000.dkr.ecr.eu-central-1.amazonaws.com"
    lines = publish(calls, host)

    assert lines[:3] == [
        "aws ecr get-login-password --region eu-central-1",
        f"docker login --username AWS --password-stdin {host}",
        "input: the-password",
    ]
    assert f"docker push {host}/analytics-app:1" in lines


def test_other_registries_are_signed_in_to_before(calls: Path) -> None:
    assert publish(calls, "registry.example.com")[0].startswith("docker build ")
    calls.unlink()
    assert not any("push" in line for line in publish(calls, ""))


def test_the_digests_are_reported(calls: Path, tmp_path: Path) -> None:
    output = tmp_path / "output"
    images.main(["--registry=registry.example.com", f"--output={output}"])

    assert calls.exists()
    assert output.read_text() == "analytics-api=sha256:1\nanalytics-app=sha256:1\n"


@pytest.mark.parametrize("name", ["azure/dev", "azure/staging", "azure/prod", "aws/prod"])
def test_terraform_uses_the_name_of_a_published_image(name: str) -> None:
    cloud, environment = name.split("/")
    values = (ROOTS / f"{cloud}/environments/{environment}.tfvars").read_text()

    assert re.findall(r'^dashboard_image += "(.+)@', values, re.MULTILINE) == ["analytics-app"]
    assert "analytics-app" in images.IMAGES


def test_a_path_is_refused(calls: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Terraform adds only the registry's host to the dashboard's image."""
    with pytest.raises(SystemExit):
        images.main(["--registry=registry.example.com/team"])

    assert "without a path" in capsys.readouterr().err
    assert not calls.exists()
