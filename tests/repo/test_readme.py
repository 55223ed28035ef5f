"""README's commands, run as they stand there: only the ports are other ones."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
)
START_SECONDS = 60


def block(holding: str) -> str:
    """The one block of shell commands that has this text."""
    (found,) = [text for text in BLOCKS if holding in text]
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def running(command: str, environment: Mapping[str, str]) -> Generator[None]:
    """A command that serves until it is ended, with all that it started."""
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
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def wait_for_answer(url: str) -> httpx2.Response:
    """The first answer of a server that is starting."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            return httpx2.get(url)
        except httpx2.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within {START_SECONDS} s")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The API on the committed sample data, as `make run` starts it."""
    environment = {"ANALYTICS_DATA_DIR": str(tmp_path_factory.mktemp("readme") / "data")}
    seed = [sys.executable, "-m", "api.cli", "seed", "sample_data"]
    subprocess.run(seed, cwd=ROOT, env=os.environ | environment, check=True, capture_output=True)  # noqa: S603
    port = free_port()
    with running(f"uv run --no-sync uvicorn api.main:app --port {port}", environment):
        wait_for_answer(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"


def shell(commands: str, url: str) -> list[dict[str, Any]]:
    """The JSON answers of the commands against this API, in their order."""
    commands = commands.replace("http://127.0.0.1:8000", url)
    commands = commands.replace("analytics token", f"analytics token --url {url}")
    commands = commands.replace("uv run", "uv run --no-sync").replace("curl", "curl -sS -w '\\n'")
    output = subprocess.run(  # noqa: S602 - our own README
        f"set -eu\n{commands}", shell=True, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [json.loads(line) for line in output.splitlines()]


def test_the_first_requests(api: str):
    commands = block("curl")
    events, summary, ingested = shell(commands, api)
    *_, again = shell(commands, api)

    assert "data" in events
    assert "next_cursor" in events

    assert [metric["name"] for metric in summary["metrics"]] == ["events", "active_users"]
    assert (ingested["created"], ingested["rejected"]) == (1, 0)
    assert again == ingested


def test_the_api_on_dynamodb(tmp_path: Path):
    moto_port, port = free_port(), free_port()
    text = block("moto_server").replace("5000", str(moto_port))
    serve_moto, serve_api = text.replace("uv run", "uv run --no-sync").splitlines()
    environment = {"ANALYTICS_DATA_DIR": str(tmp_path)}
    with ExitStack() as stack:
        stack.enter_context(running(serve_moto, environment))
        wait_for_answer(f"http://127.0.0.1:{moto_port}")
        stack.enter_context(running(f"{serve_api} --port {port}", environment))

        assert wait_for_answer(f"http://127.0.0.1:{port}/healthz").json()["status"] == "ok"


def test_every_block_is_run_somewhere():
    """`make test` is what runs this, and tests/sql runs the last block on a server of its own."""
    known = ("make test", "curl", "moto_server", "python -m sql DSN")

    assert [block(holding) for holding in known] == BLOCKS
