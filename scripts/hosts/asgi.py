"""Helpers for ASGI apps that read a complete request and send a complete response."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True)
class Request:
    """An HTTP request.

    Header names are in lower case, and the values of repeated headers are joined with commas.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    scheme: str
    client: tuple[str, int]
    server_port: int

    @property
    def url(self) -> str:
        """Return the URL as the client sent it, including repeated query parameters."""
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.headers.get('host', 'localhost')}{self.path}{query}"


def path_pattern(route: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """Compile a route such as `/a/{b}` to a pattern that matches its paths."""
    parts = re.split(r"\{(\w+)\}", route)
    groups = [f"(?P<{part}>[^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts)]
    return re.compile("".join(groups), flags)


async def read_request(scope: Any, receive: Any) -> Request:
    """Read the request with its complete body."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("latin-1").partition("?")[0],
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        scheme=scope["scheme"],
        client=tuple(scope["client"]),
        server_port=scope["server"][1],
    )


async def respond(
    send: Any, status: int, body: bytes = b"", headers: Iterable[tuple[str, str]] = ()
) -> None:
    """Send a complete response."""
    kept = [(k.encode(), v.encode("latin-1")) for k, v in headers if k.lower() != "content-length"]
    if status != HTTPStatus.NO_CONTENT:  # all other responses have a length
        kept.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": kept})
    await send({"type": "http.response.body", "body": body})
