"""checkov finds nothing in the Terraform configurations that isn't justified."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from scripts import terraform_policies
from scripts.pipeline.policies import CHECKOV

SKIP = re.compile(r"checkov:skip=(\w*)(.*)$", re.MULTILINE)
UNPROTECTED = 'resource "aws_sns_topic" "this" {\n  name = "operators"\n}\n'


@pytest.fixture(scope="module", autouse=True)
def checkov() -> None:
    """Skip the tests if checkov can't be installed, but fail in CI."""
    command = [*CHECKOV[:-1], "python", "-c", "import checkov"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(done.stderr[-500:])


@pytest.mark.parametrize("root", terraform_policies.roots(), ids=lambda root: root.name)
def test_every_finding_is_justified_and_every_justification_needed(root: Path):
    failed, skipped = terraform_policies.findings(root)
    justified = {
        (file.name, rule, reason)
        for file in root.glob("*.tf")
        for rule, reason in SKIP.findall(file.read_text())
    }

    assert failed == []
    assert {(file, rule) for file, rule, _ in justified} == {
        (one.file, one.rule) for one in skipped
    }
    assert [reason for *_, reason in justified if not re.fullmatch(r": .{15,}\.", reason)] == []


def test_a_finding_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    root = tmp_path / "new"
    (root / "environments").mkdir(parents=True)
    (root / "environments/prod.tfvars").write_text("")
    (root / "terraform.tf").write_text(UNPROTECTED)
    monkeypatch.setattr(terraform_policies, "ROOTS", tmp_path)

    assert terraform_policies.main() == 1
    assert "CKV_AWS_26 aws_sns_topic.this (terraform.tf)" in capsys.readouterr().err


def test_a_check_that_cannot_be_completed_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terraform_policies, "CHECKOV", ("false",))

    with pytest.raises(SystemExit, match="checkov failed"):
        terraform_policies.findings(tmp_path)
