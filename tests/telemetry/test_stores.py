"""Metrics and spans of store calls: request units, throttling and duration."""

import pytest

from api.domain.events import DayBatch
from api.stores.protocol import Store, Throttled
from cosmos_emulator import Emulator, throttled
from tests.contract.samples import ORG, event
from tests.stores.conftest import refusal
from tests.support import an_event, send

BATCH = DayBatch(ORG, "2026-03-01", [event(1)], None)


async def test_every_throttled_attempt_on_cosmos_is_counted(acme, emulator: Emulator, measured):
    refusals = [throttled(retry_after_ms=1), throttled(retry_after_ms=1)]
    emulator.interceptors.append(
        lambda request: refusals.pop() if refusals and request.operation == "batch" else None
    )

    assert (await send(acme, an_event(1))).status_code == 201
    assert measured.points("analytics.store.throttles") == {("cosmos",): 2}


async def test_request_units_are_counted_by_container(acme, measured):
    await send(acme, an_event(1), an_event(2))

    assert 10 < measured.points("analytics.store.request_units")["events",] < 60


async def test_every_dynamodb_call_has_a_span(dynamodb: Store, measured):
    await dynamodb.append(BATCH)
    [span] = measured.spans("DynamoDB.transact_write_items")

    assert span.attributes["db.system.name"] == "aws.dynamodb"


async def test_throttling_on_dynamodb_is_counted(dynamodb: Store, stub_operation, measured):
    def refuse(request):
        return refusal(request, "ThrottlingException")

    with stub_operation(dynamodb, "TransactWriteItems", refuse), pytest.raises(Throttled):
        await dynamodb.append(BATCH)

    assert measured.points("analytics.store.throttles") == {("dynamodb",): 1}
