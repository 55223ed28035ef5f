"""The programs behind the pipeline's make targets."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from scripts.pipeline import policies, smoke
from scripts.pipeline import terraform as pipeline
from tests.infra.terraform import Terraform

CONFIGURATION = """
terraform {
  backend "local" {}
}
variable "size" {
  type = number
}
variable "dashboard_image" {
  type    = string
  default = "none"
}
resource "terraform_data" "this" {
  input = "${var.size} ${var.dashboard_image}"
}
output "dashboard_image" {
  value = var.dashboard_image
}
"""
IMAGE = "app@sha256:1"


@pytest.fixture
def roots(terraform: Terraform, tmp_path: Path) -> Path:
    """Return a folder with a root `azure` that needs no provider."""
    del terraform  # checks that Terraform is installed
    folder = tmp_path / "azure/environments"
    folder.mkdir(parents=True)
    (tmp_path / "azure/main.tf").write_text(CONFIGURATION)
    (folder / "dev.tfvars").write_text("size = 1\n")
    (folder / "dev.backend.hcl").write_text('path = "dev.tfstate"\n')
    return tmp_path


def run(roots: Path, step: str, *options: str) -> int:
    return pipeline.main([step, "azure", "dev", f"--roots={roots}", *options])


def planned(roots: Path, *options: str) -> str:
    """Plan, and return the approval code."""
    output = roots / "output"
    output.unlink(missing_ok=True)
    assert run(roots, "plan", f"--output={output}", *options) == 0
    return re.findall(r"^code=(\w{16})$", output.read_text(), re.MULTILINE)[0]


def test_only_the_approved_plan_is_applied(roots: Path) -> None:
    image = f"--image={IMAGE}"
    summary = roots / "summary.md"
    code = planned(roots, image, f"--summary={summary}")
    assert "terraform_data.this will be created" in summary.read_text()

    (roots / "azure/environments/dev.tfvars").write_text("size = 2\n")
    assert run(roots, "apply", image, f"--approved={code}") == 1
    assert run(roots, "apply", image) == 1
    (roots / "azure/environments/dev.tfvars").write_text("size = 1\n")
    assert run(roots, "apply", image, f"--approved={code}") == 0

    assert f"1 {IMAGE}" in (roots / "azure/dev.tfstate").read_text()
    assert planned(roots, image) == pipeline.code_of({})


def test_an_older_release_does_not_undo_a_newer_one(roots: Path) -> None:
    first, older, newer = (f"--image=app@sha256:{number}" for number in (1, 2, 3))
    assert run(roots, "apply", first, f"--approved={planned(roots, first)}") == 0
    approved_older, approved_newer = planned(roots, older), planned(roots, newer)
    assert run(roots, "apply", newer, f"--approved={approved_newer}") == 0

    assert run(roots, "apply", older, f"--approved={approved_older}") == 1
    assert "app@sha256:3" in (roots / "azure/dev.tfstate").read_text()


def test_a_plan_without_an_image_keeps_the_running_one(roots: Path) -> None:
    assert planned(roots) != pipeline.code_of({})  # before the first apply, no image runs
    code = planned(roots, f"--image={IMAGE}")
    assert run(roots, "apply", f"--image={IMAGE}", f"--approved={code}") == 0

    assert planned(roots) == pipeline.code_of({})
    assert run(roots, "drift") == 0


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a `terraform` that finds drift, and return the file in which it lists its calls."""
    fake = tmp_path / "bin/terraform"
    fake.parent.mkdir()
    fake.write_text(f"""#!/bin/sh
echo "$*" >>{tmp_path}/calls
case "$*" in *"-json"*) echo {{}};; *"plan -refresh-only"*) exit 2;; esac
""")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    return tmp_path / "calls"


@pytest.mark.usefixtures("calls")
def test_drift_is_reported() -> None:
    assert pipeline.main(["drift", "aws", "dev"]) == 1


@pytest.mark.parametrize("cloud", ["aws", "azure"])
def test_each_cloud_declares_the_variables_that_it_is_given(calls: Path, cloud: str) -> None:
    files = (pipeline.ROOTS / cloud).glob("*.tf")
    declared = {
        name
        for path in files
        for name in re.findall(r'^variable "(\w+)"', path.read_text(), re.MULTILINE)
    }
    code = pipeline.code_of({})
    for step in ("plan", "drift", "apply"):
        pipeline.main([step, cloud, "dev", f"--image={IMAGE}", f"--approved={code}"])

    given = set(re.findall(r"-var=(\w+)=", calls.read_text()))
    assert given <= declared
    assert given == {"dashboard_image"}


def test_only_an_apply_locks_the_state(calls: Path) -> None:
    """A lock is a write, and the identities of plans may only read."""
    code = pipeline.code_of({})
    for step in ("plan", "drift"):
        pipeline.main([step, "azure", "dev"])
    plans = [call for call in calls.read_text().splitlines() if " plan " in call]
    assert len(plans) == 2
    assert all("-lock=false" in plan for plan in plans)

    calls.unlink()
    assert pipeline.main(["apply", "azure", "dev", f"--approved={code}"]) == 0
    assert " apply " in calls.read_text()
    assert "-lock" not in calls.read_text()


class Service(BaseHTTPRequestHandler):
    """An environment whose API and dashboard have the same address."""

    responses: dict[str, Any]

    def do_GET(self) -> None:
        found = self.responses.get(self.path)
        body = json.dumps(found).encode()
        self.send_response(401 if found is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Log nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    Service.responses = {
        "/healthz": {"store": "reachable"},
        "/.well-known/jwks.json": {"keys": [{}]},
        "/.well-known/openid-configuration": {"issuer": url},
    }
    yield url
    server.shutdown()
    server.server_close()


def test_a_working_environment_passes_the_smoke_test(service: str) -> None:
    assert smoke.check({"api_url": f"{service}/", "dashboard_url": service}, patience=0)


@pytest.mark.parametrize(
    ("path", "response"),
    [
        ("/healthz", {"store": "unreachable"}),
        ("/.well-known/jwks.json", {"keys": []}),
        ("/.well-known/openid-configuration", {"issuer": "https://other.example"}),
        ("/api/v1/events", {"data": []}),
    ],
)
def test_a_faulty_environment_fails_the_smoke_test(
    service: str, path: str, response: dict[str, Any]
) -> None:
    Service.responses[path] = response

    assert not smoke.check({"api_url": service}, patience=0)


@pytest.fixture(scope="module")
def checkov() -> None:
    command = [*policies.CHECKOV[:-1], "python", "-c", "import checkov"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode != 0:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(done.stderr[-500:])


@pytest.mark.usefixtures("checkov")
def test_checkov_finds_nothing_in_dockerfiles_and_chart(capfd: pytest.CaptureFixture[str]) -> None:
    assert policies.main() == 0

    output = capfd.readouterr().out
    for framework in ("dockerfile", "kubernetes"):
        found = rf"{framework} scan results:\s+Passed checks: [1-9]\d\d, Failed checks: 0,"
        assert re.search(found, output), output


def test_every_justification_has_a_reason() -> None:
    for path in policies.CHART.glob("templates/**/*"):
        for line in path.read_text().splitlines() if path.is_file() else ():
            if "checkov.io/skip" in line:
                assert re.search(r"checkov\.io/skip\d+: CKV2?_\w+=\S+ .{10,}\.$", line), line
