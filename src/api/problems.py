"""Conversion of every error to RFC 9457 problem+json."""

import math
from http import HTTPMethod, HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api import telemetry
from api.domain.field_patterns import in_plain_words
from api.domain.json_limits import pointer_to
from api.errors import ERRORS_MAX, ApiError, FieldError, invalid_parameters

MEDIA_TYPE = "application/problem+json"
_TYPE_PREFIX = "urn:acme-analytics:problem:"
DEFAULT_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_BY_STATUS = {404: "not_found", 405: "method_not_allowed"}


def problem_response(error: ApiError, request_id: str) -> Response:
    """Return the response for an error."""
    document: dict[str, Any] = {
        "type": _TYPE_PREFIX + error.code,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id,
        **error.members,
    }
    if error.errors:
        document["errors"] = [field.as_json() for field in error.errors]
    headers = DEFAULT_HEADERS | error.headers
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    return Response(orjson.dumps(document), error.status, headers, MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Respond to the service's, FastAPI's and Starlette's errors with problem documents."""

    async def on_api_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)  # noqa: S101 - registered for nothing else
        request.state.error = error  # for the request log
        telemetry.describe_request(code=error.code)
        return problem_response(error, request.state.request_id)

    async def on_validation_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        return problem_response(_invalid_parameter(error), request.state.request_id)

    async def on_http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        code = _BY_STATUS.get(error.status_code, "internal")
        detail = f"{request.method} {request.url.path}: {HTTPStatus(error.status_code).phrase}."
        headers = {"Allow": _allowed_methods(request)} if code == "method_not_allowed" else None
        api_error = ApiError(code, detail, headers=headers)
        return problem_response(api_error, request.state.request_id)

    app.add_exception_handler(ApiError, on_api_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)


def _allowed_methods(request: Request) -> str:
    """Return the methods of all routes with this path."""
    methods = {
        method
        for method in HTTPMethod
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    }
    if HTTPMethod.GET in methods:
        methods.add(HTTPMethod.HEAD)
    return ", ".join(sorted(methods))


def _invalid_parameter(error: RequestValidationError) -> ApiError:
    """Return the error for parameters that FastAPI found invalid.

    FastAPI validates only parameters, because the routes read and validate request bodies
    themselves.
    """
    faults = error.errors()[:ERRORS_MAX]
    errors = [FieldError(pointer_to(f["loc"]), f["type"], in_plain_words(f)) for f in faults]
    return invalid_parameters(errors)
