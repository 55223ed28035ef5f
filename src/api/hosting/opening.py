"""Start-up of an app in a serverless function.

The first request starts the app, and if the start fails, the next request tries again. The app is
never shut down, because hosts freeze or kill a process without notice.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI, Request
from starlette.types import Receive, Scope, Send

from api import telemetry
from api.errors import ApiError
from api.problems import problem_response
from api.services.shared_lock import SharedLock

_START_FAILED = ApiError("internal", "The service failed to start. See its log.")

log = logging.getLogger(__name__)


class OpenOnce[T]:
    """A wrapper that enters a context manager at the first call.

    Every call returns the value of the context manager.
    """

    def __init__(self, make: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self._make = make
        self._lock = SharedLock(Exception)
        self._entered: tuple[AbstractAsyncContextManager[T], T] | None = None

    async def __call__(self) -> T:
        if self._entered is None:
            async with self._lock.held():
                if self._entered is None:
                    manager = self._make()
                    self._entered = manager, await manager.__aenter__()
        return self._entered[1]


class OpeningApp:
    """An ASGI app that starts when it gets its first request.

    If the start fails, the response is a problem document.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.start = OpenOnce(lambda: app.router.lifespan_context(app))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.start()
        except Exception as error:
            log.exception("the app failed to start; the next request will retry")
            reason = error if isinstance(error, ApiError) else _START_FAILED
            request_id = Request(scope).headers.get("x-request-id", "")
            await problem_response(reason, request_id)(scope, receive, send)
        else:
            try:
                await self.app(scope, receive, send)
            finally:
                await telemetry.flush()
