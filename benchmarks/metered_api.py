"""The API, which also returns the CPU seconds of its requests without its background tasks.

`GET /request-cpu-seconds` returns the CPU time that the main thread has spent on requests. The
background tasks, which update the rollups and the event lake, run in the same thread between the
steps of the requests, so the CPU time of the process or of the thread would include them.
"""

import time
from collections.abc import Awaitable, Generator
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from api.main import app as api

_seconds = 0.0


class _Metered:
    """An awaitable that adds the CPU time of each step of another one to the total."""

    def __init__(self, work: Awaitable[None]) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, Any]:
        global _seconds  # noqa: PLW0603 - the total of this process
        steps = self._work.__await__()
        while True:
            started = time.thread_time()
            try:
                waiting_for = next(steps)
            except StopIteration:
                return
            finally:
                _seconds += time.thread_time() - started
            yield waiting_for


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        await api(scope, receive, send)
    elif scope["path"] == "/request-cpu-seconds":
        await PlainTextResponse(str(_seconds))(scope, receive, send)
    else:
        await _Metered(api(scope, receive, send))
