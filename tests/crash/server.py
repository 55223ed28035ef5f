"""The API in a separate process that kills itself at a named moment.

`python -m tests.crash.server DATA_DIR NOW [MOMENT]` prints its port; its clock is fixed at NOW.
"""

import os
import signal
import socket
import sys
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import uvicorn

from api.app import create_app
from api.backends import open_store
from api.settings import Settings
from tests.crash.crash_points import WatchedStore


def serve(data_dir: Path, now: datetime, moment: str) -> None:
    """Serve on a free loopback port until SIGTERM or until the moment is reached."""

    async def kill_at_moment(reached: str) -> None:
        if reached == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    @asynccontextmanager
    async def open_watched_store(settings: Settings):
        async with open_store(settings) as store:
            yield WatchedStore(store, kill_at_moment)

    app = create_app(Settings(data_dir=data_dir), open_store=open_watched_store, now=lambda: now)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - read by the parent process
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    data_dir, now, moment = [*sys.argv[1:], ""][:3]
    serve(Path(data_dir), datetime.fromisoformat(now), moment)
