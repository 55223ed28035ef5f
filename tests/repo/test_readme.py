"""The commands in the documents work. The tests change only the ports and the data folder."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.services.organizations import LOCAL_ORGANIZATIONS
from scripts.servers import free_port, serve

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "docs/cli.md", "docs/deployment.md", "docs/development.md")
BLOCKS = [
    block
    for name in DOCUMENTS
    for block in re.findall(
        r"^```sh\n(.*?)^```", (ROOT / name).read_text(), re.MULTILINE | re.DOTALL
    )
]
START_SECONDS = 60


def block(text: str) -> str:
    """Return the only block of shell commands that contains this text."""
    (found,) = [each for each in BLOCKS if text in each]
    return found.replace("uv run", "uv run --no-sync")


@contextmanager
def running(command: str, url: str, environment: Mapping[str, str]) -> Generator[httpx2.Response]:
    """Run a server command and yield its first response. End the command after the block."""
    process = subprocess.Popen(  # noqa: S602 - our own README
        command,
        shell=True,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield first_response(url)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def first_response(url: str) -> httpx2.Response:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            return httpx2.get(url)
        except httpx2.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not respond within {START_SECONDS} s")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Start the API on the committed sample data, as `make run` does."""
    environment = {"ANALYTICS_DATA_DIR": str(tmp_path_factory.mktemp("readme") / "data")}
    seed = [sys.executable, "-m", "api.cli", "seed", "sample_data"]
    subprocess.run(seed, cwd=ROOT, env=os.environ | environment, check=True, capture_output=True)  # noqa: S603
    with serve("api.main:app", environment, ready="/healthz") as server:
        yield server.url


def shell(commands: str, url: str) -> list[dict[str, Any]]:
    """Run the commands against this API and return their JSON responses in order."""
    commands = commands.replace("http://127.0.0.1:8000", url)
    commands = commands.replace("analytics token", f"analytics token --url {url}")
    commands = commands.replace("curl", "curl -sS -w '\\n'")
    output = subprocess.run(  # noqa: S602 - our own README
        f"set -eu\n{commands}", shell=True, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [json.loads(line) for line in output.splitlines()]


def test_the_example_requests_return_the_documented_results(api: str):
    events, summary, ingested = shell(block("curl"), api)
    *_, again = shell(block("curl"), api)

    assert "data" in events
    assert [metric["name"] for metric in summary["metrics"]] == ["events", "active_users"]
    assert (ingested["created"], ingested["rejected"]) == (1, 0)
    assert again == ingested


def test_the_example_queries_and_the_export_succeed(api: str, tmp_path: Path):
    queries = re.sub("(analytics query [a-z]+)", rf"\1 --url {api}", block("analytics query"))
    export = block("analytics export --parquet").replace(
        "--parquet ", f"--url {api} --parquet {tmp_path}/"
    )
    output = subprocess.run(  # noqa: S602 - our own documents
        f"set -eu\n{queries}\n{export}",
        shell=True,
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert {"week", "day", "step"} <= set(output.split())
    assert [*tmp_path.glob("exported/day=*/events.parquet")]


def test_the_commands_start_the_api_on_dynamodb(tmp_path: Path):
    moto_port, port = free_port(), free_port()
    serve_moto, serve_api = block("moto_server").replace("5000", str(moto_port)).splitlines()
    environment = {"ANALYTICS_DATA_DIR": str(tmp_path)}
    moto, api = f"http://127.0.0.1:{moto_port}", f"http://127.0.0.1:{port}/healthz"
    with (
        running(serve_moto, moto, environment),
        running(f"{serve_api} --port {port}", api, environment) as healthy,
    ):
        assert healthy.json()["status"] == "ok"


@pytest.mark.parametrize("name", ["organization show", "member add"])
def test_an_operator_adds_the_first_customer(tmp_path: Path, name: str):
    commands = block(name)
    environment = {"ANALYTICS_DATA_DIR": str(tmp_path), "SUB": "auth0|5f7c"}
    subprocess.run(  # noqa: S602 - our own documents
        f"set -eu\n{commands}", shell=True, cwd=ROOT, check=True, env=os.environ | environment
    )


def test_the_operator_creates_no_organisation_that_a_local_store_has():
    assert not [one for one in LOCAL_ORGANIZATIONS if one.org_id in block("member add")]


def test_every_block_of_commands_is_listed():
    """Check that every block is in this list.

    The blocks run in test_fresh_clone.py, here, or in tests/{cli,sql}, except three without a test.
    """
    known = (
        "npm install && npm run dev",
        "--port 8001",
        "analytics import visits.csv",
        "analytics export --parquet",
        "analytics query",
        "make test",
        "curl",
        "moto_server",
        "python -m sql DSN",
        "organization show",
        "member add",
        "terraform -chdir",
        "make deploy-azure",
    )

    assert len({block(text) for text in known}) == len(BLOCKS) == len(known)
