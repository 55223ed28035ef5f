"""Every request in the table of unsupported features is rejected with 400."""

import json

import pytest
from azure.cosmos.aio import ContainerProxy

from cosmos_emulator import Emulator
from cosmos_emulator.routes import ROUTES
from cosmos_emulator.unsupported import UNSUPPORTED, Unsupported


@pytest.mark.parametrize("case", UNSUPPORTED, ids=lambda case: case.feature)
def test_an_unsupported_request_is_rejected(
    emulator: Emulator, items: ContainerProxy, case: Unsupported
) -> None:
    headers = {"x-ms-documentdb-partitionkey": '["p"]', **dict(case.headers)}
    body = case.body
    if case.query:
        headers["x-ms-documentdb-isquery"] = "true"
        body = json.dumps({"query": case.query})
    url = "/" + case.path.format(database="db", container=items.id)
    response = emulator.handle(case.method, url, headers, body)

    assert response.status == 400
    assert set(json.loads(response.body)) == {"code", "message"}


def test_an_unsupported_method_is_rejected_with_405(emulator: Emulator) -> None:
    assert emulator.handle("PUT", "/dbs", {}).status == 405


def test_operation_names_are_unique() -> None:
    names = [route.operation for route in ROUTES]

    assert len(names) == len(set(names))
