"""Every request in the table of unsupported features is rejected with 400."""

import json

import pytest
from azure.cosmos.aio import ContainerProxy

from cosmos_emulator import Emulator
from cosmos_emulator.routes import ROUTES
from cosmos_emulator.unsupported import UNSUPPORTED, Unsupported


@pytest.mark.parametrize("case", UNSUPPORTED, ids=lambda case: case.feature)
def test_an_unsupported_request_is_refused(
    emulator: Emulator, items: ContainerProxy, case: Unsupported
) -> None:
    headers = {"x-ms-documentdb-partitionkey": '["p"]', **dict(case.headers)}
    body = case.body
    if case.query:
        headers["x-ms-documentdb-isquery"] = "true"
        body = json.dumps({"query": case.query})
    url = "/" + case.path.format(database="db", container=items.id)
    answer = emulator.handle(case.method, url, headers, body)

    assert answer.status == 400
    assert set(json.loads(answer.body)) == {"code", "message"}


def test_a_method_that_a_resource_does_not_have_is_405(emulator: Emulator) -> None:
    assert emulator.handle("PUT", "/dbs", {}).status == 405


def test_every_operation_has_one_name() -> None:
    names = [route.operation for route in ROUTES]

    assert len(names) == len(set(names))
