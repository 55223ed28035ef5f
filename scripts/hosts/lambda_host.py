"""An ASGI app that combines an HTTP API of API Gateway with the AWS Lambda Runtime API.

Each function runs in its own process with the real `awslambdaric` and polls its own port. HTTP
clients use a port that no function polls. HTTP events have payload format 2.0, and the stage of the
API is `$default`.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from scripts.hosts.asgi import Request, path_pattern, read_request, respond
from scripts.servers import listen

ROOT = Path(__file__).parent.parent.parent
RUNTIME_API = "/2018-06-01/runtime/"
DEADLINE_MS = 30_000
_FAILED = (b'{"message":"Internal Server Error"}', [("content-type", "application/json")])
_UNKNOWN = (b'{"message":"Not Found"}', [("content-type", "application/json")])

type Routes = Mapping[tuple[str, str], str]  # (method, route) -> function


@dataclass
class _Function:
    """The process of a function, the socket that the process polls, and pending invocations."""

    name: str
    listener: socket.socket
    process: subprocess.Popen[bytes] | None = None
    events: asyncio.Queue[tuple[str, Any]] = field(default_factory=asyncio.Queue[tuple[str, Any]])
    waiting: dict[str, asyncio.Future[tuple[str, bytes]]] = field(
        default_factory=dict[str, "asyncio.Future[tuple[str, bytes]]"]
    )


class LambdaHost:
    """An ASGI app for the given bundles and routes.

    The app must be served on its `listeners` and on a port for clients.
    """

    def __init__(
        self, bundles: Sequence[Path], runtime: Path, settings: Mapping[str, str], routes: Routes
    ) -> None:
        self._routes = [
            (method, path_pattern(route), route, name) for (method, route), name in routes.items()
        ]
        self._bundles = bundles
        self._runtime = runtime
        self._settings = settings
        self._functions = {one.name: _Function(one.name, listen()) for one in bundles}
        self._by_port = {f.listener.getsockname()[1]: f for f in self._functions.values()}

    @property
    def listeners(self) -> list[socket.socket]:
        """Return the sockets that the functions poll."""
        return [function.listener for function in self._functions.values()]

    @property
    def names(self) -> AbstractSet[str]:
        """Return the names of the functions."""
        return self._functions.keys()

    def start(self) -> None:
        """Start the processes of all functions. The app must already be served on `listeners`."""
        for bundle in self._bundles:
            function = self._functions[bundle.name]
            api = "127.0.0.1:{1}".format(*function.listener.getsockname())
            command = [sys.executable, "-S", "-m", "awslambdaric", "handler.handler"]
            function.process = subprocess.Popen(  # noqa: S603 - our own command
                command, cwd=bundle, env=self._environment(bundle, api)
            )

    def stop(self) -> None:
        """Stop the processes of all functions.

        Call `stop` before the server shuts down, because open polls would delay the shutdown.
        """
        for function in self._functions.values():
            if function.process:
                function.process.send_signal(signal.SIGTERM)
                function.process.wait()

    def _environment(self, bundle: Path, api: str) -> dict[str, str]:
        """Return environment variables for a function's process.

        With the returned variables, `python -S` finds only the bundle and the runtime.
        """
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, (bundle, self._runtime))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_LAMBDA_FUNCTION_NAME": bundle.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "LAMBDA_TASK_ROOT": str(bundle),
            "_HANDLER": "handler.handler",
            **self._settings,
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        function = self._by_port.get(scope["server"][1])
        if function is None:
            await self._serve(await read_request(scope, receive), send)
        elif scope["path"] == f"{RUNTIME_API}invocation/next":
            await _next(function, receive, send)
        else:
            await _report(function, await read_request(scope, receive), send)

    async def _serve(self, request: Request, send: Any) -> None:
        for method, pattern, route, name in self._routes:
            if request.method == method and (match := pattern.fullmatch(request.path)):
                await self._invoke_http(name, http_event(request, route, match.groupdict()), send)
                return
        await respond(send, 404, *_UNKNOWN)

    async def _invoke_http(self, name: str, event: dict[str, Any], send: Any) -> None:
        kind, raw = await self.invoke(name, event)
        if kind == "error":
            print(f"{name}: {raw.decode()}", file=sys.stderr)
            await respond(send, 500, *_FAILED)
            return
        result = json.loads(raw)
        text = result.get("body") or ""
        body = b64decode(text) if result.get("isBase64Encoded") else text.encode()
        headers = [*result.get("headers", {}).items()]
        headers += [("set-cookie", cookie) for cookie in result.get("cookies", ())]
        await respond(send, result["statusCode"], body, headers)

    async def invoke(self, name: str, event: Any) -> tuple[str, bytes]:
        """Invoke a function. Return `response` or `error`, and the function's result as JSON."""
        function, request_id = self._functions[name], str(uuid4())
        waiting = function.waiting[request_id] = asyncio.get_running_loop().create_future()
        await function.events.put((request_id, event))
        return await waiting


async def _next(function: _Function, receive: Any, send: Any) -> None:
    """Respond to a function's long poll with the next event, unless the process disconnects."""
    await receive()
    event = asyncio.ensure_future(function.events.get())
    gone = asyncio.ensure_future(receive())
    await asyncio.wait({event, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if not event.done():
        event.cancel()
        return
    request_id, payload = event.result()
    headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", request_id),
        ("lambda-runtime-deadline-ms", str(int(time.time() * 1000) + DEADLINE_MS)),
        ("lambda-runtime-invoked-function-arn", f"arn:aws:lambda:local:0:function:{function.name}"),
        ("lambda-runtime-trace-id", "Root=1-0-0"),
    ]
    await respond(send, 200, json.dumps(payload).encode(), headers)


async def _report(function: _Function, report: Request, send: Any) -> None:
    match report.path.removeprefix(RUNTIME_API).split("/"):
        case ["invocation", request_id, kind]:
            function.waiting.pop(request_id).set_result((kind, report.body))
        case _:
            print(f"{function.name} did not start: {report.body.decode()}", file=sys.stderr)
    await respond(send, 202, b"{}", [("content-type", "application/json")])


def http_event(
    request: Request, route: str, parameters: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Convert a request to payload format 2.0.

    Cookies are separate from the other headers, and binary bodies are encoded in base64.
    """
    headers = dict(request.headers)
    cookies = [part.strip() for part in headers.pop("cookie", "").split(";") if part.strip()]
    headers |= {"x-forwarded-proto": request.scheme, "x-forwarded-for": request.client[0]}
    try:
        body, is_base64 = request.body.decode(), False
    except UnicodeDecodeError:
        body, is_base64 = b64encode(request.body).decode(), True
    http = {
        "method": request.method,
        "path": request.path,
        "protocol": "HTTP/1.1",
        "sourceIp": request.client[0],
        "userAgent": headers.get("user-agent", ""),
    }
    return {
        "version": "2.0",
        "routeKey": f"{request.method} {route}",
        **({"pathParameters": parameters} if parameters else {}),
        "rawPath": request.path,
        "rawQueryString": request.query,
        "cookies": cookies,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": headers.get("host", ""),
            "http": http,
            "requestId": str(uuid4()),
            "routeKey": f"{request.method} {route}",
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        "body": body,
        "isBase64Encoded": is_base64,
    }
