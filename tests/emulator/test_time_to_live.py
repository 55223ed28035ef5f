"""Time to live: expired items are immediately missing for every operation."""

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
    ("default", "own", "lives"),
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
async def test_an_item_lives_as_long_as_it_or_its_container_says(
    make_container: MakeContainer,
    clock: MovableClock,
    default: int | None,
    own: int | None,
    lives: int | None,
) -> None:
    container = await make_container(**({} if default is None else {"default_ttl": default}))
    await container.create_item({"id": "a", "pk": "p"} | ({} if own is None else {"ttl": own}))
    clock.forward(lives - 1 if lives else 10_000)
    assert await ids(container) == ["a"]
    clock.forward(1)

    assert await ids(container) == ([] if lives else ["a"])


@pytest.fixture
async def mortal(make_container: MakeContainer, clock: MovableClock) -> ContainerProxy:
    """Return a container with one item, `a`, that has expired."""
    container = await make_container("mortal", default_ttl=10)
    await container.create_item({"id": "a", "pk": "p"})
    clock.forward(10)
    return container


async def test_an_expired_item_cannot_be_read_changed_or_deleted(mortal: ContainerProxy) -> None:
    attempts = [
        lambda: mortal.read_item("a", "p"),
        lambda: mortal.replace_item("a", {"id": "a", "pk": "p"}),
        lambda: mortal.patch_item("a", "p", [{"op": "set", "path": "/n", "value": 1}]),
        lambda: mortal.delete_item("a", "p"),
    ]
    for attempt in attempts:
        with pytest.raises(CosmosResourceNotFoundError):
            await attempt()


async def test_an_expired_item_does_not_show_in_queries_or_the_feed(
    mortal: ContainerProxy, query: Any
) -> None:
    assert await query(mortal, "SELECT * FROM c", "p") == []
    assert await query(mortal, "SELECT VALUE COUNT(1) FROM c", "p") == [0]
    assert await query(mortal, "SELECT VALUE MAX(c.id) FROM c", "p") == []
    feed = mortal.query_items_change_feed(start_time="Beginning")
    assert [item async for item in feed] == []


async def test_an_expired_id_can_be_created_at_once(mortal: ContainerProxy) -> None:
    created = await mortal.create_item({"id": "a", "pk": "p", "n": 2})

    assert await mortal.read_item("a", "p") == created


async def test_an_expired_unique_key_is_free(
    make_container: MakeContainer, clock: MovableClock
) -> None:
    policy = {"uniqueKeys": [{"paths": ["/email"]}]}
    container = await make_container(default_ttl=10, unique_key_policy=policy)
    await container.create_item({"id": "a", "pk": "p", "email": "x"})
    clock.forward(10)
    await container.create_item({"id": "b", "pk": "p", "email": "x"})

    assert await ids(container) == ["b"]


async def test_a_write_starts_the_time_again(
    make_container: MakeContainer, clock: MovableClock
) -> None:
    container = await make_container(default_ttl=10)
    await container.create_item({"id": "a", "pk": "p"})
    clock.forward(9)
    await container.upsert_item({"id": "a", "pk": "p"})
    clock.forward(9)

    assert await ids(container) == ["a"]


async def test_a_changed_default_holds_for_what_is_stored(
    database: DatabaseProxy, items: ContainerProxy, clock: MovableClock
) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    await items.create_item({"id": "b", "pk": "p", "ttl": -1})
    await items.create_item({"id": "c", "pk": "p", "ttl": "nonsense while nothing expires"})
    await database.replace_container(items, PartitionKey("/pk"), default_ttl=10)
    clock.forward(10)
    assert await ids(items) == ["b", "c"]
    await database.replace_container(items, PartitionKey("/pk"))

    assert await ids(items) == ["a", "b", "c"]


@pytest.mark.parametrize("ttl", [0, -2, 1.5, "10", True, 2**31])
async def test_an_impossible_time_to_live_is_400(make_container: MakeContainer, ttl: Any) -> None:
    container = await make_container(default_ttl=10)

    with pytest.raises(CosmosHttpResponseError) as refused:
        await container.create_item({"id": "a", "pk": "p", "ttl": ttl})
    assert refused.value.status_code == 400


async def test_expired_items_are_purged_from_the_file_in_time(
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
