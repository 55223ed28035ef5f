"""Pages contain every item that existed at the start exactly once, despite writes in between."""
# ruff: noqa: S608  the query texts are constants of the tests

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

from cosmos_emulator import Emulator
from cosmos_emulator.transports import AsyncTransport

from .conftest import PRODUCT_INDEXING, MakeContainer, paged

KEY = ["acme", "1"]
RANGE = "WHERE c.org_id = 'acme' AND c.id >= '0' AND c.id < '9'"
QUERIES = [
    f"SELECT * FROM c {RANGE} ORDER BY c.id DESC",
    f"SELECT * FROM c {RANGE} ORDER BY c.id",
    f"SELECT * FROM c {RANGE} AND c.event_type IN ('a', 'b') ORDER BY c.id DESC",
    f"SELECT * FROM c {RANGE} AND c.event_type IN ('a', 'b')",
    f"SELECT * FROM c {RANGE} AND c.user_id = 'u1' ORDER BY c.id DESC",
    "SELECT * FROM c",
    "SELECT * FROM c WHERE c.n >= 0",
    "SELECT * FROM c ORDER BY c.user_id",
    "SELECT * FROM c ORDER BY c.user_id DESC",
    "SELECT * FROM c ORDER BY c.type",
    "SELECT * FROM c ORDER BY c.type DESC",
    "SELECT DISTINCT VALUE c FROM c",
    "SELECT * FROM c ORDER BY c._ts",
]


def event(number: int, **more: Any) -> dict[str, Any]:
    return (
        {
            "id": f"{number * 7_919_793_717 % 10**9:09}",
            "org_id": "acme",
            "day": "1",
            "n": number,
            "user_id": f"u{number % 3}",
            "event_type": "abc"[number % 3],
        }
        | ({"type": number % 5} if number % 2 else {})
        | more
    )


@pytest.fixture
async def filled(make_container: MakeContainer) -> ContainerProxy:
    included = [*PRODUCT_INDEXING["includedPaths"], {"path": "/_ts/?"}]
    policy = PRODUCT_INDEXING | {"includedPaths": included}
    events = await make_container("events", "/org_id", "/day", indexing_policy=policy)
    creates = [("create", (event(number),)) for number in range(90)]
    await events.execute_item_batch(creates, KEY)
    return events


@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("size", [1, 7])
async def test_pages_contain_every_initial_item_exactly_once_despite_writes(
    filled: ContainerProxy, text: str, size: int
) -> None:
    before = [item["id"] for page in await paged(filled, text, KEY) for item in page]
    removed, seen, number = set[str](), list[str](), 1_000
    async for page in filled.query_items(text, partition_key=KEY, max_item_count=size).by_page():
        seen += [item["id"] async for item in page]
        for _ in range(3 if number < 1_100 else 0):  # limited, so that the reader can finish
            await filled.upsert_item(event(number))
            number += 1
        victim = before[number % len(before)]
        if victim not in removed:
            await filled.delete_item(victim, KEY)
            removed.add(victim)

    kept = [name for name in before if name not in removed]
    assert len(seen) == len(set(seen))
    assert [name for name in seen if name in set(kept)] == kept


@pytest.mark.parametrize("text", QUERIES)
async def test_the_pages_together_are_the_complete_result(
    filled: ContainerProxy, text: str
) -> None:
    whole = [item["id"] for page in await paged(filled, text, KEY, 1000) for item in page]
    pages = await paged(filled, text, KEY, 4)

    assert all(len(page) <= 4 for page in pages)
    assert [item["id"] for page in pages for item in page] == whole


async def test_items_with_equal_sort_keys_in_different_partitions_are_kept(
    filled: ContainerProxy,
) -> None:
    for day in range(2, 12):
        await filled.create_item(event(5, day=f"{day}"))
    text = "SELECT * FROM c WHERE c.org_id = 'acme' AND c.event_type = 'c' ORDER BY c.id"
    pages = await paged(filled, text, ["acme"], 3)

    found = [(item["id"], item["day"]) for page in pages for item in page]
    assert len(found) == len(set(found)) == 40


async def test_top_and_limit_apply_across_pages(filled: ContainerProxy) -> None:
    top = await paged(filled, "SELECT TOP 10 * FROM c ORDER BY c.id", KEY, 4)
    cut = await paged(filled, "SELECT * FROM c ORDER BY c.id OFFSET 5 LIMIT 10", KEY, 4)
    whole = await paged(filled, "SELECT * FROM c ORDER BY c.id", KEY, 1000)

    assert [len(page) for page in top] == [4, 4, 2]
    assert [item for page in top for item in page] == whole[0][:10]
    assert [item for page in cut for item in page] == whole[0][5:15]


async def test_distinct_applies_across_pages(filled: ContainerProxy) -> None:
    pages = await paged(filled, "SELECT DISTINCT VALUE c.n FROM c", KEY, 8)

    found = [value for page in pages for value in page]
    assert sorted(found) == list(range(90))


async def test_a_token_is_valid_after_a_restart(file: Path) -> None:
    text = "SELECT * FROM c ORDER BY c.id"
    first = Emulator(file)
    async with CosmosClient(first.endpoint, first.key, transport=AsyncTransport(first)) as client:
        database = await client.create_database("db")
        items = await database.create_container("items", PartitionKey("/pk"))
        creates = [("create", ({"id": f"{n:02}", "pk": "p"},)) for n in range(90)]
        await items.execute_item_batch(creates, "p")
        pager = items.query_items(text, partition_key="p", max_item_count=50).by_page()
        early = [item["id"] async for item in await anext(pager)]
    first.close()
    second = Emulator(file)
    async with CosmosClient(
        second.endpoint, second.key, transport=AsyncTransport(second)
    ) as client:
        items = client.get_database_client("db").get_container_client("items")
        pager = items.query_items(text, partition_key="p").by_page(pager.continuation_token)
        late = [item["id"] async for item in await anext(pager)]
    second.close()

    assert early + late == [f"{n:02}" for n in range(90)]


@pytest.mark.parametrize("token", ["nonsense", "", base64.b64encode(b"{}").decode(), "é"])
async def test_an_invalid_token_is_rejected(filled: ContainerProxy, token: str) -> None:
    pager = filled.query_items("SELECT * FROM c", partition_key=KEY).by_page(token or "%")

    with pytest.raises(CosmosHttpResponseError, match="Continuation") as refused:
        await anext(pager)
    assert refused.value.status_code == 400


async def test_the_token_of_another_query_is_rejected(filled: ContainerProxy) -> None:
    pager = filled.query_items("SELECT * FROM c", partition_key=KEY, max_item_count=5).by_page()
    await anext(pager)
    other = "SELECT * FROM c ORDER BY c.id"
    wrong = filled.query_items(other, partition_key=KEY).by_page(pager.continuation_token)

    with pytest.raises(CosmosHttpResponseError, match="Continuation"):
        await anext(wrong)


async def test_a_page_stays_below_four_megabytes(items: ContainerProxy) -> None:
    for number in range(8):
        await items.create_item({"id": f"{number}", "pk": "p", "text": "x" * 1_000_000})
    pages = await paged(items, "SELECT * FROM c", "p", 100)

    assert [len(page) for page in pages] == [5, 3]


async def test_concurrent_readers_see_only_whole_batches(filled: ContainerProxy) -> None:
    async def write(number: int) -> None:
        creates = [("create", (event(2000 + number * 10 + n, n=number),)) for n in range(10)]
        await filled.execute_item_batch(creates, KEY)

    async def read() -> int:
        text = "SELECT VALUE COUNT(1) FROM c WHERE c.n = @n"
        counts = [(await paged(filled, text, KEY, n=number))[0][0] for number in range(100, 105)]
        return sum(count % 10 for count in counts)

    results = await asyncio.gather(
        *(write(n) for n in range(100, 105)), *(read() for _ in range(5))
    )
    assert [result for result in results if result] == []
