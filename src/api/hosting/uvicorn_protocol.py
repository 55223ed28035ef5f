"""A deadline for whole requests under uvicorn.

uvicorn itself has no deadline for headers, or for bodies that the app doesn't read. Use the
protocol as `uvicorn --http api.hosting.uvicorn_protocol:DeadlineProtocol api.main:app`.
"""

import asyncio
from typing import Any, override

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_SECONDS = 15  # longer than the deadline of a body, which is reported with a response


class DeadlineProtocol(HttpToolsProtocol):
    """A protocol that closes a connection if no complete request arrives before the deadline."""

    request_seconds: float = REQUEST_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Any byte stops uvicorn's keep-alive timeout, even if it doesn't begin a request.
        is_idle = not self.cycle or self.cycle.response_complete
        if is_idle and not self._deadline and not self.transport.is_closing():
            self._start()

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._start()

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._stop()

    def _start(self) -> None:
        self._stop()
        self._deadline = self.loop.call_later(self.request_seconds, self._expire)

    def _stop(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        is_responding = self.cycle and not self.cycle.response_complete and not self.cycle.more_body
        if is_responding or self.pipeline:  # a queued request is complete but not read yet
            self._start()
        else:
            self.transport.close()
