"""Run `@vercel/cosmosdb-server`, with which the emulator is compared."""

import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from scripts.servers import ROOT, free_port

PACKAGE = "@vercel/cosmosdb-server@1.0.1"
START_SECONDS = 60


@contextmanager
def run_cosmosdb_server(folder: Path) -> Generator[str]:
    """Install the server in a temporary folder, and yield its address while it runs."""
    npm = ("npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", PACKAGE)
    subprocess.run(npm, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
    port = free_port()
    program = folder / "node_modules/.bin/cosmosdb-server"
    command = ("node", str(program), "--no-ssl", "--host", "127.0.0.1", "--port", str(port))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - as above
    try:
        yield _wait(f"http://127.0.0.1:{port}/", process)
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx2.get(url)
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return url
    raise RuntimeError(f"{PACKAGE} did not start")
