"""The OpenAPI document, with problem documents for errors and without unused responses."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.routers.problem_schema import problem_components

_NEVER_SENT = ("HTTPValidationError", "ValidationError")  # this API sends problem documents instead


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the app. `app.openapi` calls this function."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name in _NEVER_SENT:
            schemas.pop(name, None)
        schemas |= problem_components()
        for operations in document["paths"].values():
            for operation in operations.values():
                _drop_default_422(operation)
                _share_definitions(operation, schemas)
        app.openapi_schema = _with_resolvable_references(document)
    return app.openapi_schema


def _drop_default_422(operation: dict[str, Any]) -> None:
    content = operation["responses"].get("422", {}).get("content", {})
    if "application/json" in content:  # FastAPI's default response
        del operation["responses"]["422"]


def _share_definitions(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move the definitions inside a body's schema to the shared components."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schemas |= content["schema"].pop("$defs", {})


def _with_resolvable_references(document: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(document)
    return json.loads(text.replace('"#/$defs/', '"#/components/schemas/'))
