"""An endpoint on loopback that receives webhooks and responds as a test wants."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Received:
    """A request. The names of headers are in lower case."""

    line: str
    headers: Mapping[str, str]
    body: str


@dataclass
class Receiver:
    """A server that records requests. `responses` are those of the next requests; then 204.

    The response None is never sent.
    """

    tls: Any = None
    responses: list[bytes | int | None] = field(default_factory=list)
    requests: list[Received] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._server.close_clients()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?of=acme"

    @property
    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.requests]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *lines = head.strip().split("\r\n")
            pairs = (each.partition(": ") for each in lines)
            headers = {name.lower(): value for name, _, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.requests.append(Received(line, headers, body.decode()))
            self.arrived.set()
            response = self.responses.pop(0) if self.responses else 204
            if response is None:
                await reader.read()  # until the client gives up
            elif isinstance(response, bytes):
                writer.write(response)
            else:
                writer.write(b"HTTP/1.1 %d Any\r\ncontent-length: 0\r\n\r\n" % response)
            await writer.drain()
        writer.close()
