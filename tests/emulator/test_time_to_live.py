"""As soon as an item expires, every operation treats it as missing."""

from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceNotFoundError

from cosmos_emulator import Emulator

from .conftest import MakeContainer, MovableClock, paged


async def ids(container: ContainerProxy) -> list[str]:
    pages = await paged(container, "SELECT VALUE c.id FROM c", "p")
    return [result for page in pages for result in page]


@pytest.mark.parametrize(
    ("default", "own", "lifetime"),
    [
        (10, None, 10),
        (10, 20, 20),
        (10, 5, 5),
        (10, -1, None),
        (-1, None, None),
        (-1, 5, 5),
        (None, 5, None),
    ],
)
async def test_an_item_expires_after_its_own_or_the_containers_time(
    make_container: MakeContainer,
    clock: MovableClock,
    default: int | None,
    own: int | None,
    lifetime: int | None,
) -> None:
    container = await make_container(**({} if default is None else {"default_ttl": default}))
    await container.create_item({"id": "a", "pk": "p"} | ({} if own is None else {"ttl": own}))
    clock.forward(lifetime - 1 if lifetime else 10_000)
    assert await ids(container) == ["a"]
    clock.forward(1)

    assert await ids(container) == ([] if lifetime else ["a"])


@pytest.fixture
async def expired(make_container: MakeContainer, clock: MovableClock) -> ContainerProxy:
    """Return a container with one item, `a`, that has expired."""
    container = await make_container("expired", default_ttl=10)
    await container.create_item({"id": "a", "pk": "p"})
    clock.forward(10)
    return container


async def test_an_expired_item_cannot_be_read_changed_or_deleted(expired: ContainerProxy) -> None:
    attempts = [
        lambda: expired.read_item("a", "p"),
        lambda: expired.replace_item("a", {"id": "a", "pk": "p"}),
        lambda: expired.patch_item("a", "p", [{"op": "set", "path": "/n", "value": 1}]),
        lambda: expired.delete_item("a", "p"),
    ]
    for attempt in attempts:
        with pytest.raises(CosmosResourceNotFoundError):
            await attempt()


async def test_an_expired_item_is_missing_in_queries_and_the_feed(
    expired: ContainerProxy, query: Any
) -> None:
    assert await query(expired, "SELECT * FROM c", "p") == []
    assert await query(expired, "SELECT VALUE COUNT(1) FROM c", "p") == [0]
    assert await query(expired, "SELECT VALUE MAX(c.id) FROM c", "p") == []
    feed = expired.query_items_change_feed(start_time="Beginning")
    assert [item async for item in feed] == []


async def test_an_expired_id_can_be_created_immediately(expired: ContainerProxy) -> None:
    created = await expired.create_item({"id": "a", "pk": "p", "n": 2})

    assert await expired.read_item("a", "p") == created


async def test_an_expired_unique_key_can_be_reused(
    make_container: MakeContainer, clock: MovableClock
) -> None:
    policy = {"uniqueKeys": [{"paths": ["/email"]}]}
    container = await make_container(default_ttl=10, unique_key_policy=policy)
    await container.create_item({"id": "a", "pk": "p", "email": "x"})
    clock.forward(10)
    await container.create_item({"id": "b", "pk": "p", "email": "x"})

    assert await ids(container) == ["b"]


async def test_a_write_restarts_the_time_to_live(
    make_container: MakeContainer, clock: MovableClock
) -> None:
    container = await make_container(default_ttl=10)
    await container.create_item({"id": "a", "pk": "p"})
    clock.forward(9)
    await container.upsert_item({"id": "a", "pk": "p"})
    clock.forward(9)

    assert await ids(container) == ["a"]


async def test_a_changed_default_applies_to_stored_items(
    database: DatabaseProxy, items: ContainerProxy, clock: MovableClock
) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    await items.create_item({"id": "b", "pk": "p", "ttl": -1})
    await database.replace_container(items, PartitionKey("/pk"), default_ttl=10)
    clock.forward(10)
    assert await ids(items) == ["b"]
    await database.replace_container(items, PartitionKey("/pk"))

    assert await ids(items) == ["a", "b"]


@pytest.mark.parametrize("ttl", [0, -2, 1.5, "10", True, 2**31])
async def test_an_invalid_time_to_live_is_rejected_with_400(
    make_container: MakeContainer, ttl: Any
) -> None:
    container = await make_container(default_ttl=10)

    with pytest.raises(CosmosHttpResponseError) as refused:
        await container.create_item({"id": "a", "pk": "p", "ttl": ttl})
    assert refused.value.status_code == 400


async def test_expired_items_are_eventually_deleted_from_the_file(
    emulator: Emulator, make_container: MakeContainer, clock: MovableClock
) -> None:
    container = await make_container(default_ttl=10)
    for number in range(300):
        await container.create_item({"id": f"{number}", "pk": "p"})
    clock.forward(10)
    for number in range(300):
        await container.create_item({"id": f"new {number}", "pk": "p"})
    rows = emulator._context.storage.sql.execute("SELECT COUNT(*) FROM items_1").fetchone()[0]

    assert rows < 400
    assert len(await ids(container)) == 300


async def test_expired_items_are_deleted_as_fast_as_batches_add_items(
    emulator: Emulator, make_container: MakeContainer, clock: MovableClock
) -> None:
    container = await make_container(default_ttl=10)

    async def create(name: str, batches: int) -> None:
        for batch in range(batches):
            items = [{"id": f"{name} {batch} {n}", "pk": "p"} for n in range(100)]
            operations = [("create", (item,)) for item in items]
            await container.execute_item_batch(operations, partition_key="p")

    await create("old", 32)
    clock.forward(10)
    await create("new", 32)
    rows = emulator._context.storage.sql.execute("SELECT COUNT(*) FROM items_1").fetchone()[0]

    assert rows == 3200
