"""Server processes that tests start, kill and restart on the same data."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from httpx2 import AsyncClient, TransportError

from scripts.servers import HTTP_PROTOCOL

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 60  # longest wait of a test; long because the machine may be busy


class ServerProcess:
    """A running process of `tests.crash.server`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.pid = process.pid
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    async def kill(self) -> None:
        """Send SIGKILL and wait for the process to end."""
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """Send SIGTERM and wait for a clean shutdown."""
        self._process.terminate()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self._process.wait()

    async def has_killed_itself(self) -> bool:
        """Wait for the process to end; return whether it killed itself."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self._process.wait() == -signal.SIGKILL

    @property
    def runs(self) -> bool:
        return self._process.returncode is None


@asynccontextmanager
async def serving_uvicorn(data_dir: Path, port: int) -> AsyncGenerator[ServerProcess]:
    """Run `python -m uvicorn api.main:app` with the clock of the machine; kill it at the end."""
    async with uvicorn_process(data_dir, port) as process:
        server = ServerProcess(process, port)
        async with AsyncClient(base_url=server.url) as client, asyncio.timeout(DEADLINE_SECONDS):
            while not await is_healthy(client):
                assert server.runs
                await asyncio.sleep(0.1)
        yield server


@asynccontextmanager
async def uvicorn_process(data_dir: Path, port: int) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Start the process without waiting for it; kill it at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "uvicorn", "api.main:app", "--http", HTTP_PROTOCOL),
        *("--port", str(port), "--log-level", "warning"),
        cwd=ROOT,
        env=os.environ | {"ANALYTICS_DATA_DIR": str(data_dir), "ANALYTICS_LOG_LEVEL": "ERROR"},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def is_healthy(client: AsyncClient) -> bool:
    try:
        return (await client.get("/healthz")).is_success
    except TransportError:
        return False


@asynccontextmanager
async def serving(data_dir: Path, now: datetime, moment: str = "") -> AsyncGenerator[ServerProcess]:
    """Start a server, wait until it accepts connections, and kill it at the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.crash.server", data_dir, now.isoformat(), moment),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            port = int(await process.stdout.readline())
        yield ServerProcess(process, port)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
