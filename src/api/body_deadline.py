"""A deadline for request bodies, so that incomplete requests can't keep connections open."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ApiError

BODY_SECONDS = 10


class BodyDeadline:
    """Middleware that rejects a request whose body arrives too late, and closes the connection.

    The deadline applies to the whole body, not to each part. The time limit starts when the app
    first reads the body.
    """

    seconds: float = BODY_SECONDS

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ends: float | None = None
        is_complete = False

        async def receive_in_time() -> Message:
            nonlocal ends, is_complete
            if is_complete:  # the next message reports the end of the connection
                return await receive()
            ends = ends or asyncio.get_running_loop().time() + self.seconds
            try:
                async with asyncio.timeout_at(ends):
                    message = await receive()
            except TimeoutError as error:
                raise ApiError(
                    "request_timeout",
                    f"The body did not arrive within {self.seconds:g} seconds. Retry the request.",
                    headers={"Connection": "close"},
                ) from error
            is_complete = not message.get("more_body", False)
            return message

        await self._app(scope, receive_in_time, send)
