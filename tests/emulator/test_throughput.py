"""Request charges equal the published table. Throttled clients wait and retry."""

import asyncio
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from cosmos_emulator import Emulator, Request, Response, throttled
from cosmos_emulator import throughput as charges

from .conftest import paged


@pytest.mark.parametrize(
    ("size", "read", "create"),
    [
        (100, 1.0, 4.95),
        (1024, 1.0, 4.95),
        (2048, 1.04, 6.29),
        (3072, 1.09, 6.48),
        (16384, 1.67, 9.52),
        (65536, 4.76, 22.67),
        (102400, 7.68, 37.02),
        (131072, 9.95, 48.19),
        (2097152, 291.8, 1250.0),
        (4194304, 583.6, 2500.0),
    ],
)
def test_charges_equal_the_published_table(size: int, read: float, create: float) -> None:
    assert charges.read(size) == read
    assert charges.create(size, 0) == create


def test_charges_equal_the_published_examples() -> None:
    """The examples calculate with 5.0 request units for 1 KB, which the table states as 4.95."""
    assert charges.create(1024, 10) == 6.95
    assert charges.delete(1024, 10) == 6.95
    assert charges.replace(1024, 1024, 2 + 2) == 10.7
    assert charges.feed([1024] * 5) == 5.0
    assert charges.feed([]) == 1.0


async def charge_of(operation: Any) -> float:
    return float((await operation).get_response_headers()["x-ms-request-charge"])


async def test_only_indexed_values_are_charged(
    events: ContainerProxy, items: ContainerProxy
) -> None:
    event = {"id": "a", "org_id": "o", "day": "1", "user_id": "u", "event_type": "t", "x": [1, 2]}

    assert await charge_of(events.create_item(event)) == 5.35
    assert await charge_of(items.create_item({"id": "a", "pk": "p", "x": [1, 2]})) == 5.75


async def test_a_replace_is_charged_for_changed_values(
    events: ContainerProxy, items: ContainerProxy
) -> None:
    item = {"id": "a", "pk": "p", "n": 1, "tags": ["x", "y"]}
    await items.create_item(item)
    same = await charge_of(items.upsert_item(item))
    changed = await charge_of(items.replace_item("a", {**item, "n": 2, "tags": ["y", "x", "z"]}))
    patch = [{"op": "set", "path": "/n", "value": 3}]
    patched = await charge_of(items.patch_item("a", "p", patch))

    assert (same, changed, patched) == (9.9, 10.5, 10.7)
    event = {"id": "a", "org_id": "o", "day": "1", "user_id": "u", "event_type": "t", "x": 1}
    await events.create_item(event)
    assert await charge_of(events.upsert_item({**event, "x": 2, "user_id": "v"})) == 10.3


async def test_a_feed_is_charged_as_its_point_reads(items: ContainerProxy) -> None:
    for name in "ab":
        await items.create_item({"id": name, "pk": "p", "text": "x" * 3_000})
    read = await charge_of(items.read_item("a", "p"))
    headers = items.client_connection
    _ = [item async for item in items.read_all_items()]
    listed = float(headers.last_response_headers["x-ms-request-charge"])

    assert listed == pytest.approx(2 * read)


async def test_charges_are_counted_by_container_and_operation(
    emulator: Emulator, items: ContainerProxy
) -> None:
    emulator.request_charges.reset()
    await items.create_item({"id": "a", "pk": "p"})
    await items.create_item({"id": "b", "pk": "p"})
    await items.delete_item("a", "p")
    await paged(items, "SELECT * FROM c", "p")
    totals = emulator.request_charges.totals

    assert totals["items", "create_item"] == pytest.approx(2 * 5.35)
    assert totals["items", "delete_item"] == 5.35
    assert totals["items", "query"] == 2.4


async def test_a_batch_is_charged_for_all_its_operations(items: ContainerProxy) -> None:
    creates = [("create", ({"id": f"{n}", "pk": "p"},)) for n in range(10)]
    results = await items.execute_item_batch(creates, "p")
    headers = results.get_response_headers()

    assert float(headers["x-ms-request-charge"]) == pytest.approx(53.5)
    assert [result["requestCharge"] for result in results] == [5.35] * 10


async def test_a_throttled_client_retries(emulator: Emulator, items: ContainerProxy) -> None:
    refused = list[str]()

    def throttle_twice(request: Request) -> Response | None:
        if request.operation != "create_item" or len(refused) == 2:
            return None
        refused.append(request.operation)
        return throttled(1)

    emulator.interceptors.append(throttle_twice)
    await items.create_item({"id": "a", "pk": "p"})

    assert refused == ["create_item"] * 2
    assert (await items.read_item("a", "p"))["id"] == "a"


async def test_a_client_stops_retrying_after_ten_attempts(
    emulator: Emulator, items: ContainerProxy
) -> None:
    attempts = list[Request]()

    def throttle(request: Request) -> Response:
        attempts.append(request)
        return throttled(1)

    emulator.interceptors.append(throttle)

    with pytest.raises(CosmosHttpResponseError) as refused:
        await items.create_item({"id": "a", "pk": "p"})
    assert refused.value.status_code == 429
    assert len(attempts) == 10


async def test_an_interceptor_receives_the_operation_of_each_request(
    emulator: Emulator, items: ContainerProxy
) -> None:
    seen = list[tuple[str, str, str]]()

    def record(request: Request) -> None:
        seen.append((request.operation, request.container, request.method))

    emulator.interceptors.append(record)
    item = {"id": "a", "pk": "p"}
    await items.create_item(item)
    await items.upsert_item(item)
    await items.replace_item("a", item)
    await items.patch_item("a", "p", [{"op": "set", "path": "/n", "value": 1}])
    await items.read_item("a", "p")
    await items.execute_item_batch([("read", ("a",))], "p")
    await paged(items, "SELECT * FROM c", "p")
    _ = [found async for found in items.query_items_change_feed(partition_key="p")]
    await items.delete_item("a", "p")

    assert list(dict.fromkeys(operation for operation, *_ in seen)) == [
        "create_item",
        "upsert_item",
        "replace_item",
        "patch_item",
        "read_item",
        "batch",
        "query",
        "change_feed",
        "delete_item",
    ]
    assert {container for _, container, _ in seen} == {"items"}


async def test_an_interceptor_may_replace_the_response_to_a_write(
    emulator: Emulator, items: ContainerProxy
) -> None:
    def lose(request: Request) -> Response:
        emulator.interceptors.clear()
        emulator.handle(request.method, request.url, request.headers, request.body)
        return Response(400, {}, b"{}")

    emulator.interceptors.append(lose)
    with pytest.raises(CosmosHttpResponseError):
        await items.create_item({"id": "a", "pk": "p"})

    assert (await items.read_item("a", "p"))["id"] == "a"


async def test_an_interceptor_may_break_the_connection(
    emulator: Emulator, items: ContainerProxy
) -> None:
    def break_connection(_: Request) -> Response:
        raise ServiceResponseError("connection reset")

    emulator.interceptors.append(break_connection)
    with pytest.raises(ServiceResponseError):
        await items.create_item({"id": "a", "pk": "p"})


async def test_concurrent_requests_succeed(items: ContainerProxy) -> None:
    await asyncio.gather(*(items.create_item({"id": f"{n}", "pk": f"{n}"}) for n in range(50)))

    assert (await paged(items, "SELECT * FROM c")) != []
