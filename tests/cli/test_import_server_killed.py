"""An import loses nothing if the server is killed at any moment and started again."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import ORGS, Run, WriteEvents, make_events

EVENTS = 9000
KILLS = 1  # tests/crash kills more often; here the import may wait 30 s for the lease each time

type Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def start_server(port: int, tmp_path: Path) -> Start:
    """Return a function that starts the API, always on the same port and data folder."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "uvicorn", "api.main:app", "--port", str(port)],
            env=os.environ | {"ANALYTICS_DATA_DIR": str(tmp_path / "data")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    return start


def wait_for_batches(journal: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_bytes().count(b'"batch"') >= count:
            return
        time.sleep(0.005)
    raise AssertionError(f"the import did not reach {count} batches")


def test_an_import_continues_after_the_server_is_killed(
    start_server: Start, port: int, run: Run, events_file: WriteEvents, tmp_path: Path
):
    file = events_file(make_events(EVENTS))
    url = f"http://127.0.0.1:{port}"
    server = start_server()
    importing = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "api.cli", "import", str(file), "--url", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    for kill in range(1, KILLS + 1):
        wait_for_batches(file.with_name("events.ndjson.journal"), 20 * kill)
        server.kill()
        server.wait()
        server = start_server()
    report, _ = importing.communicate(timeout=120)
    exported = [tmp_path / f"{org}.ndjson" for org in ORGS]
    for org, out in zip(ORGS, exported, strict=True):
        run("export", out, "--org", org, "--url", url, "--from", "2026-11-01", "--to", "2026-11-02")
    server.kill()
    server.wait()

    assert importing.returncode == 0
    assert f"created {EVENTS:,}, duplicates 0, rejected 0" in report
    stored = [line for out in exported for line in out.read_text().splitlines()]
    assert len(stored) == len(set(stored)) == EVENTS
