"""An ASGI app that transforms requests and responses as the Azure Functions host does.

The app responds with an empty 404 to an unknown route or method, and with an empty 500 if a
function fails. A request body without Content-Length is dropped. Header names are converted to
lower case, and the client's address is added to X-Forwarded-For. The app also responds to browsers'
preflight requests, as the API gateway does in the cloud.
"""

import json
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import parse_qsl

from scripts.hosts.asgi import Request, path_pattern, read_request, respond
from scripts.hosts.azure_app import FunctionApp, FunctionFailed

PREFLIGHT_SECONDS = "600"


class FunctionsHost:
    """An ASGI app for the HTTP functions of the given function apps.

    Web pages from `origins` may call the functions.
    """

    def __init__(self, apps: Iterable[FunctionApp], *, origins: Collection[str] = ()) -> None:
        self._origins = origins
        self.routes = [
            (
                path_pattern(f"/{trigger['route']}", re.IGNORECASE),
                set(trigger["methods"]),
                app,
                name,
            )
            for app in apps
            for name, trigger in triggers(app)
            if trigger["type"] == "httpTrigger"
        ]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        if request.path == "/admin/host/status":
            body = json.dumps({"state": "Running", "functions": self._table()}).encode()
            await respond(send, 200, body, [("content-type", "application/json")])
        elif "access-control-request-method" in request.headers and request.method == "OPTIONS":
            await respond(send, *self._preflight(request))
        else:
            await self._invoke(request, send)

    async def _invoke(self, request: Request, send: Any) -> None:
        found = self._find(request)
        if found is None:
            await respond(send, 404)
            return
        app, function, params = found
        try:
            outcome = await app.call(
                function,
                http=_http(request, params),
                traceparent=request.headers.get("traceparent", ""),
            )
        except FunctionFailed as error:
            print(error, file=sys.stderr)
            await respond(send, 500)
            return
        await respond(send, outcome["status"], b64decode(outcome["body"]), outcome["headers"])

    def _find(self, request: Request) -> tuple[FunctionApp, str, dict[str, str]] | None:
        for pattern, methods, app, function in self.routes:
            if (match := pattern.fullmatch(request.path)) and request.method in methods:
                return app, function, match.groupdict()
        return None

    def _preflight(self, request: Request) -> tuple[int, bytes, list[tuple[str, str]]]:
        origin = request.headers.get("origin", "")
        methods = {
            m for pattern, ms, *_ in self.routes if pattern.fullmatch(request.path) for m in ms
        }
        if origin not in self._origins or not methods:
            return 403, b"", []
        return (
            204,
            b"",
            [
                ("access-control-allow-origin", origin),
                ("access-control-allow-methods", ", ".join(sorted(methods))),
                (
                    "access-control-allow-headers",
                    request.headers.get("access-control-request-headers", ""),
                ),
                ("access-control-max-age", PREFLIGHT_SECONDS),
                ("vary", "Origin"),
            ],
        )

    def _table(self) -> list[dict[str, Any]]:
        return [
            {"function": name, "route": pattern.pattern, "methods": sorted(methods), "pid": app.pid}
            for pattern, methods, app, name in self.routes
        ]


def triggers(app: FunctionApp) -> list[tuple[str, dict[str, Any]]]:
    """Return the name and the trigger of each function of the app."""
    return [
        (name, next(b for b in function["bindings"] if b["type"].endswith("Trigger")))
        for name, function in app.functions.items()
    ]


def _http(request: Request, params: dict[str, str]) -> dict[str, Any]:
    headers = dict(request.headers)
    peer = "{}:{}".format(*request.client)
    seen = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = f"{seen}, {peer}" if seen else peer
    query: dict[str, str] = {}
    for name, value in parse_qsl(request.query):
        query[name] = f"{query[name]},{value}" if name in query else value
    has_length = int(headers.get("content-length", "0")) > 0
    return {
        "method": request.method,
        "url": request.url,
        "headers": headers,
        "params": params,
        "query": query,
        "body": b64encode(request.body if has_length else b"").decode(),
    }
