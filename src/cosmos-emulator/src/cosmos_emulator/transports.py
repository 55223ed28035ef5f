"""Transports for azure-core that call an emulator in the same process instead of a server."""

import asyncio
import time
from types import TracebackType
from typing import Any, Self, cast

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import (
    AsyncHttpResponse,
    AsyncHttpTransport,
    HttpRequest,
    HttpResponse,
    HttpTransport,
)
from azure.core.utils import CaseInsensitiveDict

from cosmos_emulator.core import Emulator
from cosmos_emulator.group_commit import GroupCommit
from cosmos_emulator.messages import Response

MILLISECONDS = 1_000  # per second


class _SdkResponse:
    """An emulator's response in the form that the SDK reads."""

    def __init__(self, request: HttpRequest, response: Response) -> None:
        super().__init__(request, None)  # pyright: ignore[reportCallIssue]
        self.status_code = response.status
        self.reason = ""
        # The SDK reads header names in any case, and adds headers with numeric values.
        self.headers = CaseInsensitiveDict(response.headers)
        self.content_type = response.headers.get("content-type")
        self._body = response.body

    def body(self) -> bytes:
        return self._body


class _SyncResponse(_SdkResponse, HttpResponse):  # pyright: ignore[reportIncompatibleMethodOverride]
    """An emulator's response for the synchronous client."""


class _AsyncResponse(_SdkResponse, AsyncHttpResponse):  # pyright: ignore[reportIncompatibleMethodOverride]
    """An emulator's response for the asynchronous client."""


def _body(request: HttpRequest) -> str | bytes | None:
    return cast("str | bytes | None", request.data)  # bytes for compact UTF-8 writes


def _break_if_lost(response: Response) -> None:
    if response.is_lost:
        raise ServiceResponseError("The connection was closed before the response arrived.")


class Transport(HttpTransport[HttpRequest, HttpResponse]):
    """The transport for `azure.cosmos.CosmosClient(…, transport=Transport(emulator))`."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def send(self, request: HttpRequest, **_: Any) -> HttpResponse:  # noqa: ANN401  azure-core's
        response = self._emulator.handle(
            request.method, request.url, request.headers, _body(request)
        )
        if response.latency_ms:
            time.sleep(response.latency_ms / MILLISECONDS)
        _break_if_lost(response)
        return _SyncResponse(request, response)

    def open(self) -> None:
        """Do nothing, because there is no connection to open."""

    def close(self) -> None:
        """Do nothing, because other clients may still use the emulator."""

    def sleep(self, duration: float) -> None:
        """Wait before the SDK sends a request again."""
        time.sleep(duration)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncTransport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """The transport for `azure.cosmos.aio.CosmosClient(…, transport=AsyncTransport(emulator))`."""

    def __init__(self, emulator: Emulator) -> None:
        self._commits = GroupCommit(emulator)

    async def send(self, request: HttpRequest, **_: Any) -> AsyncHttpResponse:  # noqa: ANN401  azure-core's
        response = await self._commits.handle(
            request.method, request.url, request.headers, _body(request)
        )
        if response.latency_ms:
            await asyncio.sleep(response.latency_ms / MILLISECONDS)
        _break_if_lost(response)
        return _AsyncResponse(request, response)

    async def open(self) -> None:
        """Do nothing, because there is no connection to open."""

    async def close(self) -> None:
        """Do nothing, because other clients may still use the emulator."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()
