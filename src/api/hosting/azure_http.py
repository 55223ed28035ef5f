"""An HTTP-triggered Azure function that runs an ASGI app.

This module replaces `azure.functions.AsgiMiddleware`, which has several faults. With
`AsgiMiddleware`, concurrent first requests start the app several times. `AsgiMiddleware` sends only
the last of repeated response headers, loses the app's own 500 response and the client's address,
and detects the end of a response late.
"""

import asyncio
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import unquote

from azure.functions import HttpRequest, HttpResponse
from starlette.types import ASGIApp, Message

log = logging.getLogger(__name__)

_URL = re.compile(
    r"(?P<scheme>[^:/?#]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(\?(?P<query>[^#]*))?.*"
)
_ADDRESS = re.compile(r"(\[(?P<inside>[^\]]+)\]|(?P<host>[^:]*))(:(?P<port>[0-9]{1,5}))?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_URL_PARTS = ("scheme", "authority", "path", "query")
_CALLERS_AUTHORIZATION = "x-forwarded-authorization"


class AsgiFunction:
    """A function that passes the host's requests to the ASGI app."""

    def __init__(self, app: ASGIApp, *, trusts_forwarded_for: bool) -> None:
        self._app = app
        self._trusts_forwarded_for = trusts_forwarded_for

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        exchange = _Exchange(request.get_body())
        scope = self._scope(request)
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except Exception:
            if not exchange.is_complete.is_set():
                raise
            # Raising the error would make the host replace the response, which is complete.
            log.exception("failed after the response: %s %s", request.method, scope["path"])
        return exchange.response()

    def _scope(self, request: HttpRequest) -> dict[str, Any]:
        url = _URL.fullmatch(request.url)  # the host's map of query parameters lacks repeated keys
        scheme, authority, path, query = url.group(*_URL_PARTS) if url else ("", "", "/", "")
        host, port = _address(authority)
        headers = _headers(request)
        forwarded = headers.get("x-forwarded-for", "") if self._trusts_forwarded_for else ""
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method.upper(),
            "scheme": scheme,
            "path": unquote(path),
            "raw_path": _bytes(path),
            "query_string": _bytes(query or ""),
            "root_path": "",
            "headers": [(_bytes(name), _bytes(value)) for name, value in headers.items()],
            "server": (host, port or _DEFAULT_PORTS.get(scheme, 0)),
            "client": first_hop(forwarded),
        }


def _headers(request: HttpRequest) -> dict[str, str]:
    """Return the headers of the request, with their names in lower case.

    The gateway sends its own token for the platform in the Authorization header, so it sends the
    caller's token in another header. A caller gains nothing by sending the gateway's header itself,
    because the token in that header is verified too.
    """
    given = cast("Mapping[str, str]", request.headers)
    headers = {name.lower(): value for name, value in given.items()}
    if (callers := headers.pop(_CALLERS_AUTHORIZATION, None)) is not None:
        headers["authorization"] = callers
    return headers


class _Exchange:
    """The ASGI messages of one request: its body and its response."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status = 500
        self._headers: Iterable[tuple[bytes, bytes]] = ()
        self._chunks: list[bytes] = []
        self.is_complete = asyncio.Event()

    async def receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.is_complete.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], message.get("headers", ())
            return
        self._chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            self.is_complete.set()

    def response(self) -> HttpResponse:
        response = HttpResponse(b"".join(self._chunks), status_code=self._status)
        joined: dict[str, str] = {}
        for raw_name, raw_value in self._headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            if name == "set-cookie":  # the only header whose values can't be joined
                response.headers.add(name, value)
            else:
                joined[name] = f"{joined[name]}, {value}" if name in joined else value
        for name, value in joined.items():
            response.headers.set(name, value)
        return response


def first_hop(forwarded_for: str) -> tuple[str, int] | None:
    """Return the first address of X-Forwarded-For.

    The address may have a port, and an IPv6 address may be in brackets.
    """
    first = forwarded_for.partition(",")[0].strip()
    if not first:
        return None
    return _address(first)


def _address(text: str) -> tuple[str, int]:
    """Return the host and the port in the text.

    Unrecognised text counts as a host without a port.
    """
    if match := _ADDRESS.fullmatch(text):
        return match["inside"] or match["host"], int(match["port"] or 0)
    return text, 0


def _bytes(text: str) -> bytes:
    """Encode a header as Latin-1, as in HTTP, or as UTF-8 if Latin-1 isn't possible."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode(errors="replace")
