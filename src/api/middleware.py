"""Middleware that gives every request an id, a trace and a log line, and handles internal errors.

The middleware is pure ASGI, so it doesn't buffer bodies and doesn't start tasks.
"""

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from fastapi import FastAPI, Request
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import telemetry
from api.auth.caller import Caller
from api.domain.paths import without_ids
from api.errors import ApiError
from api.problems import DEFAULT_HEADERS, problem_response

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?"
)

log = logging.getLogger("api.request")


class RequestContext:
    """Middleware that assigns each request an id and a trace, and logs its response."""

    def __init__(self, app: ASGIApp, new_id: Callable[[], str] = lambda: uuid4().hex) -> None:
        self._app = app
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        request_id = self._request_id(request)
        request.state.request_id = request_id
        request.state.trace_id = telemetry.current_trace_id() or self._trace_id(request)
        telemetry.describe_request(request_id=request_id)
        started, status = time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in DEFAULT_HEADERS.items():
                    headers.setdefault(name, value)
                headers.update(getattr(request.state, "headers", {}))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _log(request, status, time.perf_counter() - started)

    def _request_id(self, request: Request) -> str:
        given = ",".join(request.headers.getlist("x-request-id"))
        return given if _REQUEST_ID.fullmatch(given) else self._new_id()

    def _trace_id(self, request: Request) -> str:
        """Return the caller's trace id, or a new id if the trace header is missing or invalid."""
        match = _TRACEPARENT.fullmatch(",".join(request.headers.getlist("traceparent")))
        return match[1] if match else self._new_id()


def _log(request: Request, status: int, seconds: float) -> None:
    state = request.state
    caller: Caller | None = getattr(state, "caller", None)
    path = _logged_path(request)
    fields = {
        "method": request.method,
        "path": path,
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        "request_id": request.state.request_id,
        "trace_id": request.state.trace_id,
        "org_id": caller.org_id if caller else getattr(state, "org_id", None),
        "subject": caller.subject if caller else getattr(state, "subject", None),
    }
    if error := getattr(request.state, "error", None):
        reason = getattr(error, "reason", error.detail).replace(request.url.path, path)
        fields |= {"code": error.code, "reason": reason}
    log.info("request", extra={"fields": fields})


def _logged_path(request: Request) -> str:
    """Return the template of the route instead of the path, which may contain ids of persons."""
    return getattr(request.scope.get("route"), "path", "") or without_ids(request.url.path)


class HeadAsGet:
    """Middleware that responds to HEAD as to GET, but without a body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, send_without_body)


class InternalErrors:
    """Middleware that logs unhandled exceptions and responds with a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def note_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except Exception:
            if scope["type"] != "http" or started:
                raise
            request = Request(scope)
            log.exception("unhandled", extra={"fields": {"request_id": request.state.request_id}})
            error = ApiError("internal", "The error is logged with this request_id.")
            await problem_response(error, request.state.request_id)(scope, receive, send)


def add_middleware(app: FastAPI, *, cors_origins: tuple[str, ...], is_server: bool = False) -> None:
    """Add the app's middleware.

    `RequestContext` is the outermost middleware, and the CORS middleware encloses `InternalErrors`.
    Every response, even to an internal error, therefore has a request id and CORS headers.
    """
    if is_server:
        from api.body_deadline import BodyDeadline  # noqa: PLC0415 - functions get whole requests
        from api.fair_turns import FairTurns  # noqa: PLC0415 - the platform scales functions
        from api.turns import Turns  # noqa: PLC0415 - as above

        app.add_middleware(FairTurns, Turns())
        # BodyDeadline is outside FairTurns, so it doesn't count the time a request waits for its
        # turn.
        app.add_middleware(BodyDeadline)
    app.add_middleware(HeadAsGet)
    app.add_middleware(InternalErrors)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=cors_origins,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "Content-Encoding",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "traceparent",
            "tracestate",
            "X-Request-Id",
            "X-Analytics-Dropped",
            "X-Analytics-Sent-At",
        ],
        expose_headers=[
            "WWW-Authenticate",
            "X-Request-Id",
            "Retry-After",
            "RateLimit",
            "RateLimit-Policy",
            "Link",
            "ETag",
            "Idempotent-Replayed",
            "Date",
        ],
        max_age=600,
    )
    app.add_middleware(RequestContext)
