"""The API as a process of its own that kills itself at a named moment.

`python -m tests.crash.server DATA_DIR NOW [MOMENT]` prints its port; its clock stands at NOW. A
moment is "before" or "after" one of STEPS and a number: "after batch 2" is after the second
one that succeeded.
"""

import os
import signal
import socket
import sys
from collections import Counter
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import uvicorn

from api.app import create_app, open_store
from api.domain.events import DayBatch
from api.domain.idempotency import Claim
from api.domain.rollups import Checkpoint, Rollup
from api.settings import Settings

STEPS = {
    ("create", Claim): "claim",
    ("append", DayBatch): "batch",
    ("replace", Claim): "completion",
    ("fold", Rollup): "fold",
    ("create", Rollup): "projection",
    ("replace", Rollup): "projection",
    ("create", Checkpoint): "checkpoint",
    ("replace", Checkpoint): "checkpoint",
}


class MortalStore:
    """The store, until the moment comes."""

    def __init__(self, store, moment):
        self._store = store
        self._moment = moment
        self._reached = Counter()

    def __getattr__(self, method):
        async def call(*arguments, **named):
            step = STEPS.get((method, type(arguments[0]) if arguments else None), method)
            self._reach(f"before {step}")
            result = await getattr(self._store, method)(*arguments, **named)
            self._reach(f"after {step}")
            return result

        return call

    def _reach(self, moment):
        self._reached[moment] += 1
        if f"{moment} {self._reached[moment]}" == self._moment:
            os.kill(os.getpid(), signal.SIGKILL)


def serve(data_dir: Path, now: datetime, moment: str) -> None:
    """Serve on a free port of the loopback interface until SIGTERM, or the moment."""

    @asynccontextmanager
    async def open_mortal_store(settings):
        async with open_store(settings) as store:
            yield MortalStore(store, moment)

    app = create_app(Settings(data_dir=data_dir), open_store=open_mortal_store, now=lambda: now)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - how the port is told
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    data_dir, now, moment = [*sys.argv[1:], ""][:3]
    serve(Path(data_dir), datetime.fromisoformat(now), moment)
