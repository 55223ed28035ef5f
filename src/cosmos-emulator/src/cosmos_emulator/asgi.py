"""The emulator as an ASGI application, for SDKs in other languages and for other processes."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from pathlib import Path
from typing import Any

from cosmos_emulator import explorer, fault_rules
from cosmos_emulator.core import Emulator
from cosmos_emulator.messages import Response

# The paths of the probes of Microsoft's emulator:
# https://learn.microsoft.com/azure/cosmos-db/emulator-linux
PROBES = ("/alive", "/ready")
# The path at which Microsoft's emulator serves its certificate:
# https://learn.microsoft.com/azure/cosmos-db/how-to-develop-emulator
CERTIFICATE = "/_explorer/emulator.pem"
ANY_ORIGIN = "*"
METHODS = "GET, POST, PUT, PATCH, DELETE"
PREFLIGHT_SECONDS = 3_600
MILLISECONDS = 1_000  # per second

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]


def application(
    emulator: Emulator, *, origins: Collection[str] = (), certificate: Path | None = None
) -> Application:
    """Return an ASGI application that must be served at the emulator's `endpoint`.

    Browsers permit pages of these origins (`*` for all) to use the emulator. The application serves
    the certificate, so that clients can download and trust it.
    """

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        body = await _read(receive)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        response = _own_response(scope, headers, certificate)
        if response is None and fault_rules.is_meant(path := scope["path"]):
            response = fault_rules.handle(emulator.faults, scope["method"], path, headers, body)
        if response is None:
            url = scope["raw_path"].decode()
            response = emulator.handle(scope["method"], url, headers, body)
        _permit(response, headers.get("origin", ""), origins)
        if response.latency_ms:
            await asyncio.sleep(response.latency_ms / MILLISECONDS)
        await _write(send, response)

    return serve


def _own_response(
    scope: Message, headers: dict[str, str], certificate: Path | None
) -> Response | None:
    """Return the response to a request that isn't part of Cosmos DB's interface, or None."""
    method, path = scope["method"], scope["path"]
    if method == "OPTIONS":
        requested = headers.get("access-control-request-headers", "")
        preflight = {
            "access-control-allow-methods": METHODS,
            "access-control-allow-headers": requested,
            "access-control-max-age": str(PREFLIGHT_SECONDS),
        }
        return Response(200, preflight)
    if method == "GET" and path in PROBES:
        return Response(200, {"content-type": "application/json"}, b'{"status":"ready"}')
    if method == "GET" and path == CERTIFICATE and certificate:
        return Response(200, {"content-type": "application/x-pem-file"}, certificate.read_bytes())
    return explorer.page(path) if method == "GET" else None


def _permit(response: Response, origin: str, origins: Collection[str]) -> None:
    """Add the headers with which a browser lets a page of a permitted origin read a response."""
    if origin and (origin in origins or ANY_ORIGIN in origins):
        response.headers["access-control-expose-headers"] = ", ".join(response.headers)
        response.headers["access-control-allow-origin"] = origin
        response.headers["vary"] = "origin"


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(receive: Receive) -> bytes:
    chunks, more = list[bytes](), True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _write(send: Send, response: Response) -> None:
    headers = {**response.headers, "content-length": str(len(response.body))}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    if response.is_lost:  # the server closes the connection of a response that is too short
        raw = [(b"content-length", b"1")]
        await send({"type": "http.response.start", "status": response.status, "headers": raw})
        return
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": response.body})
