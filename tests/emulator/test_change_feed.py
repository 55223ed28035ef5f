"""The change feed contains the last version of every item in order. Its positions stay valid."""

from collections.abc import AsyncIterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

from cosmos_emulator import Emulator, Response
from cosmos_emulator.transports import AsyncTransport

from .conftest import MakeContainer, MovableClock


class Reader:
    """A reader of the feed that continues after the last change that it has read."""

    def __init__(self, client: CosmosClient, container: ContainerProxy, **start: Any) -> None:
        self._client = client
        self._container = container
        self.position = start or {"start_time": "Beginning"}

    async def read(self, **options: Any) -> list[dict[str, Any]]:
        feed = self._container.query_items_change_feed(**self.position, **options)
        found = [item async for item in feed]
        headers: Any = self._client.client_connection.last_response_headers
        self.position = {"continuation": headers["etag"]}
        return found


def names(found: list[dict[str, Any]]) -> list[str]:
    return sorted(item["id"] for item in found)


async def create(container: ContainerProxy, *identifiers: str) -> None:
    for identifier in identifiers:
        await container.create_item({"id": identifier, "pk": identifier})


async def test_the_feed_from_the_beginning_contains_every_item_once(
    client: CosmosClient, items: ContainerProxy
) -> None:
    await create(items, *"abcdef")
    reader = Reader(client, items)

    assert names(await reader.read()) == list("abcdef")
    assert await reader.read() == []


async def test_the_feed_from_a_position_contains_only_later_changes(
    client: CosmosClient, items: ContainerProxy
) -> None:
    await create(items, *"abc")
    reader = Reader(client, items)
    await reader.read()
    await create(items, *"de")
    await items.upsert_item({"id": "a", "pk": "a", "n": 2})

    assert names(await reader.read()) == ["a", "d", "e"]


async def test_the_feed_from_now_contains_no_earlier_changes(
    client: CosmosClient, items: ContainerProxy
) -> None:
    await create(items, *"abc")
    reader = Reader(client, items, start_time="Now")
    assert await reader.read() == []
    await create(items, *"de")

    assert names(await reader.read()) == ["d", "e"]


async def test_the_feed_from_a_time_contains_the_changes_since_then(
    items: ContainerProxy, clock: MovableClock
) -> None:
    await create(items, *"abc")
    clock.forward(60)
    await create(items, *"de")
    moment = datetime.fromtimestamp(clock(), UTC)
    feed = items.query_items_change_feed(start_time=moment)

    assert names([item async for item in feed]) == ["d", "e"]


async def test_a_replaced_item_appears_once_in_its_current_version(
    client: CosmosClient, items: ContainerProxy
) -> None:
    await create(items, "a")
    for number in range(5):
        await items.upsert_item({"id": "a", "pk": "a", "n": number})

    assert [item["n"] for item in await Reader(client, items).read()] == [4]


async def test_deleted_items_are_not_in_the_feed(
    client: CosmosClient, items: ContainerProxy
) -> None:
    await create(items, "a", "b")
    await items.delete_item("a", "a")

    assert names(await Reader(client, items).read()) == ["b"]


async def test_a_logical_partition_is_in_write_order(items: ContainerProxy) -> None:
    for number in range(50):
        await items.create_item({"id": f"{number}", "pk": "p"})
    feed = items.query_items_change_feed(start_time="Beginning", partition_key="p")
    found = [item async for item in feed]

    assert [item["id"] for item in found] == [f"{number}" for number in range(50)]
    assert [item["_lsn"] for item in found] == sorted(item["_lsn"] for item in found)


async def test_a_key_prefix_selects_only_its_items(events: ContainerProxy) -> None:
    for org in ("acme", "globex"):
        for day in ("1", "2"):
            await events.create_item({"id": f"{org}{day}", "org_id": org, "day": day})
    feed = events.query_items_change_feed(start_time="Beginning", partition_key=["acme"])

    assert names([item async for item in feed]) == ["acme1", "acme2"]


async def test_a_page_has_the_requested_size_but_never_splits_a_batch(
    items: ContainerProxy,
) -> None:
    for batch in range(4):
        creates = [("create", ({"id": f"{batch}-{n}", "pk": "p"},)) for n in range(10)]
        await items.execute_item_batch(creates, "p")
    pages = list[list[str]]()
    async for page in pages_of(
        items.query_items_change_feed(start_time="Beginning", max_item_count=5)
    ):
        pages.append([item["id"] for item in page])

    assert [len(page) for page in pages if page] == [10, 10, 10, 10]
    assert all(len({name[0] for name in page}) == 1 for page in pages if page)


async def pages_of(feed: Any) -> AsyncIterable[list[dict[str, Any]]]:
    async for page in feed.by_page():
        yield [item async for item in page]


async def test_no_change_is_lost_by_writes_between_pages(items: ContainerProxy) -> None:
    await create(items, *(f"early {n}" for n in range(30)))
    seen = list[str]()
    late = 0
    feed = items.query_items_change_feed(start_time="Beginning", max_item_count=4)
    async for page in pages_of(feed):
        seen += [item["id"] for item in page]
        if late < 10:
            await create(items, f"late {late}")
            await items.upsert_item({"id": f"early {late}", "pk": f"early {late}", "n": 1})
            late += 1

    assert {f"early {n}" for n in range(30)} <= set(seen)
    assert {f"late {n}" for n in range(late)} <= set(seen)


async def test_each_partition_has_its_own_positions(
    emulator: Emulator, items: ContainerProxy
) -> None:
    await create(items, *"abcdefgh")
    ends = list[str]()
    for number in ("0", "1"):
        headers = {"a-im": "Incremental Feed", "x-ms-documentdb-partitionkeyrangeid": number}
        response = emulator.handle("GET", "/dbs/db/colls/items/docs", headers)
        ends.append(response.headers["etag"].strip('"'))
        assert len(orjson.loads(response.body)["Documents"]) == int(ends[-1])

    assert sum(map(int, ends)) == 8


async def test_a_position_is_valid_after_reopening_the_file(file: Path) -> None:
    first = Emulator(file)
    async with CosmosClient(first.endpoint, first.key, transport=AsyncTransport(first)) as client:
        database = await client.create_database("db")
        items = await database.create_container("items", PartitionKey("/pk"))
        await create(items, *"abc")
        reader = Reader(client, items)
        await reader.read()
        await create(items, "d")
        await items.delete_item("d", "d")  # the last number assigned must not be reused
    first.close()
    second = Emulator(file, endpoint=first.endpoint)
    async with CosmosClient(
        second.endpoint, second.key, transport=AsyncTransport(second)
    ) as client:
        items = client.get_database_client("db").get_container_client("items")
        await create(items, *"ef")
        again = Reader(client, items, **reader.position)

        assert names(await again.read()) == ["e", "f"]
    second.close()


async def test_all_versions_mode_is_rejected(items: ContainerProxy) -> None:
    feed = items.query_items_change_feed(mode="AllVersionsAndDeletes")
    with pytest.raises(CosmosHttpResponseError) as refused:
        await anext(feed)

    assert refused.value.status_code == 400


class TestAllVersions:
    MODE = "AllVersionsAndDeletes"

    @pytest.fixture
    async def versioned(self, make_container: MakeContainer) -> ContainerProxy:
        return await make_container(change_feed_policy={"retentionDuration": 10})

    async def read(self, container: ContainerProxy, token: str = "") -> tuple[list[Any], str]:
        """Return the changes after a continuation token (by default none), and the next token."""
        options = {"continuation": token} if token else {"mode": self.MODE}
        found = container.query_items_change_feed(**options)
        changes = [change async for change in found]
        return changes, container.client_connection.last_response_headers["etag"]

    async def test_all_versions_and_deletes_are_read(self, versioned: ContainerProxy) -> None:
        nothing, token = await self.read(versioned)
        await versioned.create_item({"id": "a", "pk": "p", "n": 1})
        await versioned.upsert_item({"id": "a", "pk": "p", "n": 2})
        await versioned.delete_item("a", "p")
        changes, token = await self.read(versioned, token)

        assert nothing == []
        kinds = [change["metadata"]["operationType"] for change in changes]
        assert kinds == ["create", "replace", "delete"]
        assert [change["current"].get("n") for change in changes] == [1, 2, None]
        assert changes[2]["previous"]["n"] == 2
        assert (await self.read(versioned, token))[0] == []

    async def test_versions_are_kept_until_the_retention_ends(
        self, clock: MovableClock, emulator: Emulator, versioned: ContainerProxy
    ) -> None:
        _, token = await self.read(versioned)
        await versioned.create_item({"id": "a", "pk": "p"})
        emulator.split("db", versioned.id)
        assert len((await self.read(versioned, token))[0]) == 1
        clock.forward(601)
        assert (await self.read(versioned, token))[0] == []

    async def test_a_container_without_a_policy_has_no_history(self, items: ContainerProxy) -> None:
        with pytest.raises(CosmosHttpResponseError, match="must be enabled") as refused:
            await self.read(items)
        assert refused.value.status_code == 400


async def test_the_feed_of_the_whole_container_continues_in_each_partition(
    emulator: Emulator, items: ContainerProxy
) -> None:
    for n in range(10):
        await items.create_item({"id": str(n), "pk": f"p{n}"})
    found, token = list[str](), ""
    while (response := read_feed(emulator, token)).status == 200:
        token = response.headers["etag"]
        found += [item["id"] for item in orjson.loads(response.body)["Documents"]]
    emulator.split("db", "items")
    await items.upsert_item({"id": "7", "pk": "p7"})

    assert sorted(found) == sorted(str(n) for n in range(10))
    [changed] = orjson.loads(read_feed(emulator, token).body)["Documents"]
    assert changed["id"] == "7"


def read_feed(emulator: Emulator, token: str) -> Response:
    headers = {"a-im": "Incremental Feed", "x-ms-max-item-count": "3"}
    headers |= {"if-none-match": token} if token else {}
    return emulator.handle("GET", "/dbs/db/colls/items/docs", headers)
