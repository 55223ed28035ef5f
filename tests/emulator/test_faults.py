"""Rules cause errors, latency and lost responses, in the same process and over HTTP."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.cosmos import CosmosClient as SyncClient
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError
from httpx2 import ASGITransport, AsyncClient

from cosmos_emulator import Emulator, Fault
from cosmos_emulator.asgi import application
from cosmos_emulator.transports import Transport

ITEM = {"id": "a", "pk": "p"}


class TestRules:
    async def test_a_client_retries_after_429(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        emulator.faults.add(Fault(operation="create_item", status=429, retry_after_ms=1, times=2))
        await items.create_item(ITEM)

        assert emulator.faults.describe()[0]["seen"] == 3
        assert (await items.read_item("a", "p"))["id"] == "a"

    @pytest.mark.parametrize(("status", "substatus"), [(400, 0), (409, 0), (449, 5352)])
    async def test_a_client_receives_the_error(
        self, emulator: Emulator, items: ContainerProxy, status: int, substatus: int
    ) -> None:
        emulator.faults.add(Fault(operation="create_item", status=status, substatus=substatus))

        with pytest.raises(CosmosHttpResponseError) as refused:
            await items.create_item(ITEM)
        assert (refused.value.status_code, refused.value.sub_status) == (status, substatus or None)

    async def test_a_lost_request_is_not_executed(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        emulator.faults.add(Fault(operation="create_item", lost="request"))
        with pytest.raises(ServiceResponseError):
            await items.create_item(ITEM)
        emulator.faults.clear()

        await items.create_item(ITEM)

    @pytest.mark.parametrize("status", [0, 503])
    async def test_a_request_with_a_lost_response_is_executed(
        self, emulator: Emulator, items: ContainerProxy, status: int
    ) -> None:
        emulator.faults.add(Fault(operation="create_item", lost="response", status=status))
        with pytest.raises(ServiceResponseError):
            await items.create_item(ITEM)

        assert (await items.read_item("a", "p"))["id"] == "a"

    async def test_a_rule_applies_to_some_requests_of_some_containers(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        number = emulator.faults.add(
            Fault(operation="create_*", container="items", status=400, skip=1, times=1)
        )
        emulator.faults.add(Fault(container="others", status=400))
        await items.create_item(ITEM)
        with pytest.raises(CosmosHttpResponseError):
            await items.create_item({"id": "b", "pk": "p"})
        await items.create_item({"id": "b", "pk": "p"})

        assert emulator.faults.remove(number)
        assert not emulator.faults.remove(number)

    async def test_a_slow_response_does_not_block_other_requests(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        await items.create_item(ITEM)
        emulator.faults.add(Fault(operation="read_item", latency_ms=60_000))
        slow = asyncio.create_task(items.read_item("a", "p"))
        await items.upsert_item(ITEM)

        assert not slow.done()
        slow.cancel()

    def test_a_synchronous_client_waits(
        self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits = list[float]()
        monkeypatch.setattr(time, "sleep", waits.append)
        transport = Transport(emulator)
        with SyncClient(emulator.endpoint, emulator.key, transport=transport) as client:
            database = client.create_database("db")
            emulator.faults.add(Fault(operation="create_container", latency_ms=250))
            database.create_container("items", PartitionKey("/pk"))

        assert 0.25 in waits

    @pytest.mark.parametrize(
        "rule",
        [
            [],
            {"status": 200},
            {"status": "429"},
            {"lost": "both"},
            {"times": -1},
            {"seen": 1},
            {"state": 429},
        ],
    )
    def test_an_invalid_rule_is_refused(self, rule: Any) -> None:
        with pytest.raises(ValueError, match="fault"):
            Fault.of(rule)


@pytest.fixture
async def http(emulator: Emulator) -> AsyncGenerator[AsyncClient]:
    transport = ASGITransport(application(emulator))
    async with AsyncClient(transport=transport, base_url="http://x") as client:
        yield client


class TestHttp:
    async def test_rules_are_added_listed_and_removed(self, http: AsyncClient) -> None:
        rule = {"operation": "list_databases", "status": 503, "substatus": 20_003}
        added = await http.post("/_faults", json=rule)
        assert (added.status_code, added.json()) == (201, {"id": 1})
        refused = await http.get("/dbs")
        assert (refused.status_code, refused.headers["x-ms-substatus"]) == (503, "20003")
        [listed] = (await http.get("/_faults")).json()
        assert (listed["seen"], listed["status"]) == (1, 503)
        assert (await http.delete("/_faults/1")).status_code == 204
        assert (await http.delete("/_faults/1")).status_code == 404
        assert (await http.get("/dbs")).status_code == 200
        await http.post("/_faults", json=rule)
        assert (await http.delete("/_faults")).status_code == 204
        assert (await http.get("/_faults")).json() == []

    async def test_an_invalid_request_is_refused(self, http: AsyncClient) -> None:
        assert (await http.post("/_faults", json={"status": 1})).status_code == 400
        assert (await http.post("/_faults", content="{}")).status_code == 415
        assert (await http.put("/_faults", json={})).status_code == 405

    async def test_a_lost_response_is_incomplete(self, emulator: Emulator) -> None:
        emulator.faults.add(Fault(lost="response"))
        sent = list[Any]()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/", "raw_path": b"/", "headers": []}
        await application(emulator)(scope, receive, send)

        assert [message["type"] for message in sent] == ["http.response.start"]
