"""Operations refuse query parameters that they would ignore."""

import re

import pytest

from api.app import create_app
from api.settings import Settings

OPERATIONS = [
    (method.upper(), path, operation)
    for path, operations in create_app(Settings()).openapi()["paths"].items()
    for method, operation in operations.items()
    if path.startswith("/api/v1/")
]


NAMES = [operation["operationId"] for _, _, operation in OPERATIONS]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=NAMES)
async def test_400_names_the_unknown_parameter(admin, method, path, operation):
    path = re.sub(r"{\w+}", "0" * 64, path.replace("{view_id}", f"view_{0:016}"))
    media_types = operation.get("requestBody", {"content": {}})["content"]
    headers = {"Content-Type": next(iter(media_types), "application/json")}
    content = b"{}" if media_types else None
    url = f"{path}?dry_run=true"
    response = await admin.request(method, url, content=content, headers=headers)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/query/dry_run"]
