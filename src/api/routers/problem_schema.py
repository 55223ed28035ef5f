"""The schema of problem documents (RFC 9457) in the OpenAPI document."""

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

_SCHEMA = "#/components/schemas/{model}"
_HEADERS = {
    401: {"WWW-Authenticate": "The authentication scheme (RFC 6750) and the reason."},
    403: {"WWW-Authenticate": "The missing scope, if a scope is missing."},
    409: {"Retry-After": "Seconds to wait before the same request is sent again."},
    429: {"Retry-After": "Seconds to wait before the same request is sent again."},
    503: {"Retry-After": "Seconds to wait before the same request is sent again."},
}


class ProblemField(BaseModel):
    """An invalid field."""

    pointer: str = Field(
        description="JSON Pointer into the request", examples=["/events/3/user_id"]
    )
    code: str = Field(description="Stable, for programs", examples=["missing"])
    detail: str = Field(description="How to correct the field")


class Problem(BaseModel):
    """The reason why a request failed, and how to correct it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Identifies the kind of problem")
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable, for programs", examples=["token_expired"])
    request_id: str
    errors: list[ProblemField] = Field(default=[], description="The invalid fields, if any")


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return a route's `responses` for these statuses, each a problem document."""
    return {status: _response(status) for status in statuses}


def problem_components() -> dict[str, Any]:
    """Return the schemas that `problem_responses` references, for `components.schemas`."""
    _, document = models_json_schema(
        [(Problem, "serialization"), (ProblemField, "serialization")], ref_template=_SCHEMA
    )
    return document["$defs"]


def _response(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {
            "application/problem+json": {"schema": {"$ref": _SCHEMA.format(model="Problem")}}
        },
    }
    if headers := _HEADERS.get(status):
        response["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in headers.items()
        }
    return response
