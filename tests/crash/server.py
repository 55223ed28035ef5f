"""The API as a process of its own that kills itself at a named moment.

`python -m tests.crash.server DATA_DIR NOW [MOMENT]` prints its port; its clock stands at NOW.
"""

import os
import signal
import socket
import sys
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import uvicorn

from api.app import create_app, open_store
from api.settings import Settings
from tests.crash.crash_points import WatchedStore


def serve(data_dir: Path, now: datetime, moment: str) -> None:
    """Serve on a free port of the loopback interface until SIGTERM, or the moment."""

    async def die_in_time(reached: str) -> None:
        if reached == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    @asynccontextmanager
    async def open_mortal_store(settings: Settings):
        async with open_store(settings) as store:
            yield WatchedStore(store, die_in_time)

    app = create_app(Settings(data_dir=data_dir), open_store=open_mortal_store, now=lambda: now)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - how the port is told
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    data_dir, now, moment = [*sys.argv[1:], ""][:3]
    serve(Path(data_dir), datetime.fromisoformat(now), moment)
