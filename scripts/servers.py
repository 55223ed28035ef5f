"""Run servers as separate processes, measure their CPU time and stop them by process id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

ROOT = Path(__file__).parent.parent
HTTP_PROTOCOL = "api.hosting.uvicorn_protocol:DeadlineProtocol"  # as in the images
START_SECONDS = 180  # long enough for slow machines; only a server that can't start exceeds it
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server: its URL and process id."""

    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """Return the user and system CPU time that the server has used so far."""
        return _cpu_seconds(Path(f"/proc/{self.pid}/stat"))


def _cpu_seconds(stat: Path) -> float:
    fields = stat.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def listen(port: int = 0) -> socket.socket:
    """Return a socket for a server, by default on a free port.

    The event loop of asyncio disables Nagle's algorithm only if the socket's protocol is explicitly
    TCP. With Nagle's algorithm, every response would take 40 ms.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def free_port() -> int:
    """Return a free port."""
    with listen() as listener:
        return listener.getsockname()[1]


@contextmanager
def serve(app: str, environment: Mapping[str, str], *, ready: str) -> Generator[Server]:
    """Run `uvicorn app` on a free port until the `with` block ends.

    The block starts when a GET request for `ready` returns a 2xx response.
    """
    port = free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", app, "--http", HTTP_PROTOCOL),
        *("--port", str(port), "--log-level", "warning"),
    ]
    with _running(command, f"http://127.0.0.1:{port}", ready, environment) as server:
        yield server


@contextmanager
def serve_emulator(*options: str) -> Generator[Server]:
    """Run `cosmos-emulator` with these options on a free port until the `with` block ends."""
    port = free_port()
    scheme = "https" if "--tls" in options else "http"
    command = [sys.executable, "-m", "cosmos_emulator", "--port", str(port), *options]
    with _running(command, f"{scheme}://127.0.0.1:{port}", "/ready", {}) as server:
        yield server


@contextmanager
def _running(
    command: list[str], url: str, ready: str, environment: Mapping[str, str]
) -> Generator[Server]:
    process = subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=ROOT,
        env=os.environ | dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Server(url, process.pid)
    try:
        _wait(server.url + ready, process)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            # The emulator has a generated certificate.
            if httpx2.get(url, verify=False).is_success:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"the server at {url} did not start")
