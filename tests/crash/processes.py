"""Servers to start, kill and start again on the same data."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 60  # of anything that a test waits for: generous, as the machine may be busy


class ServerProcess:
    """One run of `tests.crash.server`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.pid = process.pid
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    async def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM, and wait until it has closed its files."""
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
async def serving(data_dir: Path, now: datetime, moment: str = "") -> AsyncGenerator[ServerProcess]:
    """Start a server that accepts connections, and kill it at the end."""
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
