"""One-line messages instead of tracebacks for start-up errors caused by settings or files."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ConfigurationError

_FAILED = "lifespan.startup.failed"
_EXIT_CODE = 3  # as uvicorn after a failed start-up


@contextmanager
def exit_on_invalid_settings() -> Generator[None]:
    """Print a ConfigurationError in one line and end the process with exit code 3."""
    try:
        yield
    except ConfigurationError as error:
        sys.stderr.write(f"ERROR:    {error}\n")
        raise SystemExit(_EXIT_CODE) from None


class StartupErrors:
    """Middleware that sends the server the message of a start-up error instead of a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        failures = list[Message]()

        async def hold_failure(message: Message) -> None:
            if message["type"] == _FAILED:
                failures.append(message)
            else:
                await send(message)

        try:
            await self._app(scope, receive, hold_failure)
        except Exception as error:
            for failure in failures:
                if isinstance(error, ConfigurationError | OSError):
                    failure["message"] = str(error)
                await send(failure)
            raise
