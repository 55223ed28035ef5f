"""Start an Azure bundle in its own process and call its functions, as the Functions host does."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parent.parent.parent
_BYTES_MAX = 2**26


class FunctionFailed(Exception):
    """A function raised an error. The exception's message is the worker's stack trace."""


class FunctionApp:
    """A function app in a worker process, which can handle concurrent calls."""

    def __init__(self, folder: Path, runtime: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.functions: dict[str, dict[str, Any]] = {}
        self.pid = 0
        self._environment = _environment(folder, runtime, settings)
        self._calls: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._count = 0

    async def start(self) -> Self:
        """Start the worker.

        Raises RuntimeError if the app can't be loaded; the worker prints the reason to stderr.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-S", "-m", "scripts.hosts.azure_worker"),
                *(str(self.folder), str(theirs.fileno())),
                cwd=ROOT,
                env=self._environment,
                pass_fds=[theirs.fileno()],
            )
        self.pid = self._process.pid
        self._reader, self._writer = await asyncio.open_connection(sock=ours, limit=_BYTES_MAX)
        line = await self._reader.readline()
        if not line:
            raise RuntimeError(f"{self.folder.name} did not start")
        self.functions = {one["name"]: one for one in json.loads(line)["functions"]}
        self._reading = asyncio.create_task(self._read_responses())
        return self

    async def call(self, function: str, **data: Any) -> dict[str, Any]:
        """Call a function and return its result.

        The result of an HTTP function contains `status`, `headers` and `body`. The result of any
        other function is empty. Raises FunctionFailed if the function fails or the worker process
        ends during the call.
        """
        self._count += 1
        number = self._count
        future = self._calls[number] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps({"id": number, "function": function} | data).encode() + b"\n")
        outcome = await future
        if "error" in outcome:
            raise FunctionFailed(f"{function}: {outcome['error']}\n{outcome['stack']}")
        return outcome

    async def stop(self) -> None:
        self._writer.close()
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()
        await self._reading

    def kill(self) -> None:
        """Kill the worker process immediately, as a cloud platform may do."""
        self._process.kill()

    async def _read_responses(self) -> None:
        try:
            while line := await self._reader.readline():
                outcome = json.loads(line)
                self._calls.pop(outcome["id"]).set_result(outcome)
        except ConnectionResetError:
            pass
        for call in self._calls.values():
            call.set_result({"error": "the process ended", "stack": ""})
        self._calls.clear()


def _environment(folder: Path, runtime: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables for the worker process.

    With these variables, `python -S` finds only the bundle, the runtime and the folder of this
    repository.
    """
    path = (folder / ".python_packages/lib/site-packages", runtime, ROOT)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        **settings,
    }
