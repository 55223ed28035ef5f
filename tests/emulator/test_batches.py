"""Transactional batches are atomic, and the failed operation's result has the reason."""

from copy import deepcopy
from typing import Any

import orjson
import pytest
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError

from cosmos_emulator import Emulator
from cosmos_emulator.items import Writer

from .conftest import MakeContainer, MovableClock

type Operation = tuple[Any, ...]


def item(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "pk": "p", **more}


async def everything(container: ContainerProxy) -> list[dict[str, Any]]:
    return [found async for found in container.read_all_items()]


async def test_a_batch_may_combine_all_operations(items: ContainerProxy) -> None:
    await items.create_item(item("old", n=1))
    await items.create_item(item("gone"))
    results = await items.execute_item_batch(
        [
            ("create", (item("new"),)),
            ("upsert", (item("fresh"),)),
            ("upsert", (item("old", n=2),)),
            ("replace", ("old", item("old", n=3))),
            ("patch", ("old", [{"op": "incr", "path": "/n", "value": 1}])),
            ("read", ("old",)),
            ("delete", ("gone",)),
        ],
        "p",
    )

    assert [result["statusCode"] for result in results] == [201, 201, 200, 200, 200, 200, 204]
    assert results[5]["resourceBody"]["n"] == 4
    assert {found["id"] for found in await everything(items)} == {"new", "fresh", "old"}


async def test_a_batch_of_creates_returns_the_stored_items(items: ContainerProxy) -> None:
    operations = [("create", (item(f"{n}", text="é" * n),)) for n in range(100)]
    results = await items.execute_item_batch(operations, "p")

    assert [result["resourceBody"] for result in results] == await everything(items)
    assert all(result["eTag"] == result["resourceBody"]["_etag"] for result in results)
    assert len({result["eTag"] for result in results}) == 100


FAULTS: list[tuple[str, Operation, int]] = [
    ("create of an existing id", ("create", (item("known"),)), 409),
    ("create of an id in the batch", ("create", (item("first"),)), 409),
    ("create without an id", ("create", ({"pk": "p"},)), 400),
    ("create under another key", ("create", ({"id": "x", "pk": "q"},)), 400),
    ("create of a value that is not an object", ("create", ("text",)), 400),
    ("upsert under another key", ("upsert", ({"id": "x", "pk": "q"},)), 400),
    ("replace of a missing item", ("replace", ("none", item("none"))), 404),
    (
        "replace of another version",
        ("replace", ("known", item("known")), {"if_match_etag": '"other"'}),
        412,
    ),
    ("delete of a missing item", ("delete", ("none",)), 404),
    ("delete of another version", ("delete", ("known",), {"if_match_etag": '"other"'}), 412),
    ("read of a missing item", ("read", ("none",)), 404),
    (
        "patch of a missing item",
        ("patch", ("none", [{"op": "set", "path": "/n", "value": 1}])),
        404,
    ),
    ("impossible patch", ("patch", ("known", [{"op": "remove", "path": "/none"}])), 400),
    (
        "patch whose condition is false",
        (
            "patch",
            ("known", [{"op": "set", "path": "/n", "value": 1}]),
            {"filter_predicate": "from c where c.n = 7"},
        ),
        412,
    ),
    (
        "patch whose condition is invalid",
        (
            "patch",
            ("known", [{"op": "set", "path": "/n", "value": 1}]),
            {"filter_predicate": "from c where where"},
        ),
        400,
    ),
]


@pytest.mark.parametrize(("_name", "fault", "status"), FAULTS, ids=[name for name, *_ in FAULTS])
@pytest.mark.parametrize("place", [1, 3])
async def test_nothing_is_written_if_one_operation_fails(
    items: ContainerProxy, _name: str, fault: Operation, status: int, place: int
) -> None:
    await items.create_item(item("known"))
    before = await everything(items)
    operations: list[Operation] = [
        ("create", (item("first"),)),
        ("upsert", (item("second"),)),
        ("create", (item("third"),)),
    ]
    operations.insert(place, deepcopy(fault))  # copied, because the SDK removes conditions
    with pytest.raises(CosmosBatchOperationError) as failed:
        await items.execute_item_batch(operations, "p")

    statuses = [result["statusCode"] for result in failed.value.operation_responses]
    assert statuses == [status if index == place else 424 for index in range(4)]
    assert failed.value.error_index == place
    assert await everything(items) == before


async def test_an_existing_id_fails_the_batch_and_is_reported_at_its_index(
    items: ContainerProxy,
) -> None:
    await items.create_item(item("37"))
    operations = [("create", (item(f"{n}"),)) for n in range(100)]
    with pytest.raises(CosmosBatchOperationError) as failed:
        await items.execute_item_batch(operations, "p")

    assert (failed.value.error_index, failed.value.status_code) == (37, 409)
    assert len(await everything(items)) == 1


async def test_a_create_replaces_an_expired_item(
    make_container: MakeContainer, clock: MovableClock
) -> None:
    container = await make_container("mortal", default_ttl=10)
    await container.create_item(item("a"))
    clock.forward(10)
    await container.execute_item_batch([("create", (item("a", n=2),))], "p")

    assert (await container.read_item("a", "p"))["n"] == 2


async def test_a_batch_has_a_single_log_sequence_number(items: ContainerProxy) -> None:
    await items.execute_item_batch([("create", (item(f"{n}"),)) for n in range(10)], "p")
    feed = [found async for found in items.query_items_change_feed(start_time="Beginning")]

    assert len({found["_lsn"] for found in feed}) == 1


async def test_a_batch_has_at_most_a_hundred_operations(items: ContainerProxy) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        await items.execute_item_batch([("create", (item(f"{n}"),)) for n in range(101)], "p")

    assert refused.value.status_code == 400
    assert await everything(items) == []


async def test_a_batch_has_at_most_two_megabytes(items: ContainerProxy) -> None:
    operations = [("create", (item(f"{n}", text="x" * 700_000),)) for n in range(3)]
    with pytest.raises(CosmosHttpResponseError) as refused:
        await items.execute_item_batch(operations, "p")

    assert refused.value.status_code == 413
    assert await everything(items) == []


@pytest.mark.usefixtures("items")
def test_bodies_are_omitted_on_request(emulator: Emulator) -> None:
    operations = [{"operationType": "Create", "resourceBody": item("a")}]
    headers = {
        "x-ms-documentdb-partitionkey": '["p"]',
        "x-ms-cosmos-is-batch-request": "True",
        "x-ms-cosmos-batch-atomic": "True",
        "Prefer": "return=minimal",
    }
    response = emulator.handle(
        "POST", "/dbs/db/colls/items/docs", headers, orjson.dumps(operations)
    )

    (result,) = orjson.loads(response.body)
    assert (response.status, result["statusCode"]) == (200, 201)
    assert "resourceBody" not in result


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize("body", [b"[]", b"{}", b"[1]", b"nothing"])
def test_an_invalid_batch_is_rejected_with_400(emulator: Emulator, body: bytes) -> None:
    headers = {
        "x-ms-documentdb-partitionkey": '["p"]',
        "x-ms-cosmos-is-batch-request": "True",
        "x-ms-cosmos-batch-atomic": "True",
    }

    assert emulator.handle("POST", "/dbs/db/colls/items/docs", headers, body).status == 400


async def test_a_crash_within_a_batch_leaves_nothing_written(
    items: ContainerProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Writer, "delete", crash)
    await items.create_item(item("old"))
    with pytest.raises(KeyboardInterrupt):
        await items.execute_item_batch([("create", (item("new"),)), ("delete", ("old",))], "p")
    monkeypatch.undo()

    assert [found["id"] for found in await everything(items)] == ["old"]
    await items.create_item(item("new"))
