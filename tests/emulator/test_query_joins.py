"""The pages of a join contain every row once, in the order of the items."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy

from .conftest import paged

type Query = Callable[..., Awaitable[list[Any]]]

ROWS = [f"{item}{tag}" for item in range(4) for tag in "abc"]
JOIN = "SELECT VALUE CONCAT(c.id, t) FROM c JOIN t IN c.tags"


@pytest.fixture
async def tagged(items: ContainerProxy) -> ContainerProxy:
    """Return a container with four items of three tags each, and an item without tags."""
    for number in range(4):
        await items.create_item({"id": f"{number}", "pk": "p", "tags": ["a", "b", "c"]})
    await items.create_item({"id": "none", "pk": "p"})
    return items


@pytest.mark.parametrize("size", [1, 2, 3, 5, 12, 20])
async def test_pages_may_end_within_an_item(tagged: ContainerProxy, size: int) -> None:
    pages = await paged(tagged, JOIN, "p", size)

    assert [row for page in pages for row in page] == ROWS
    assert all(len(page) == size for page in pages[:-1])


@pytest.mark.parametrize("size", [1, 2, 5])
async def test_pages_of_an_offset_and_limit(tagged: ContainerProxy, size: int) -> None:
    pages = await paged(tagged, f"{JOIN} OFFSET 2 LIMIT 7", "p", size)

    assert [row for page in pages for row in page] == ROWS[2:9]


async def test_pages_in_descending_order(tagged: ContainerProxy) -> None:
    pages = await paged(tagged, f"{JOIN} ORDER BY c.id DESC", "p", 2)

    expected = [f"{item}{tag}" for item in (3, 2, 1, 0) for tag in "abc"]
    assert [row for page in pages for row in page] == expected


async def test_a_page_of_undefined_values_does_not_end_the_results(items: ContainerProxy) -> None:
    for number in range(9):
        extra = {"x": number} if number > 5 else {}
        await items.create_item({"id": f"{number}", "pk": "p", **extra})

    assert await paged(items, "SELECT VALUE c.x FROM c", "p", 2) == [[6, 7], [8]]
    assert await paged(items, "SELECT VALUE c.x FROM c OFFSET 1 LIMIT 1", "p", 2) == [[7]]


async def test_a_join_over_several_partitions(items: ContainerProxy, query: Query) -> None:
    for number in range(6):
        await items.create_item({"id": f"{number}", "pk": f"{number}", "tags": ["a", "b"]})

    everything = [f"{item}{tag}" for item in range(6) for tag in "ab"]
    assert sorted(await query(items, JOIN)) == everything
    assert await query(items, f"{JOIN} ORDER BY c.id") == everything
    counted = "SELECT VALUE COUNT(1) FROM c JOIN t IN c.tags WHERE t = 'a'"
    assert await query(items, counted) == [6]
    exists = "SELECT VALUE c.id FROM c WHERE EXISTS(SELECT VALUE t FROM t IN c.tags) ORDER BY c.id"
    assert await query(items, exists) == list("012345")
