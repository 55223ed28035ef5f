"""A page has the same cost at every depth of a listing, measured in SQLite instructions."""
# ruff: noqa: S608  the query texts are constants of the tests

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy

from cosmos_emulator import Emulator

from .conftest import MakeContainer, paged

DAYS, EVENTS_PER_DAY = 40, 50
FILTERS = ["", " AND c.user_id = 'u'", " AND c.event_type IN ('a', 'b')"]
CURSORS = ["c.id < @cursor", "c.id >= @cursor", "c.id != '' AND c.id < @cursor"]


@pytest.fixture
async def history(make_container: MakeContainer) -> ContainerProxy:
    """Return a container with 40 days of 50 events each in one logical partition."""
    included = [{"path": "/user_id/?"}, {"path": "/event_type/?"}]
    policy = {"includedPaths": included, "excludedPaths": [{"path": "/*"}]}
    container = await make_container("events", "/org_id", indexing_policy=policy)
    for day in range(DAYS):
        events = [
            {"id": f"{day:02}T{n:02}", "org_id": "o", "user_id": "u", "event_type": "ab"[n % 2]}
            for n in range(EVENTS_PER_DAY)
        ]
        await container.execute_item_batch([("create", (event,)) for event in events], "o")
    return container


@contextmanager
def counted(emulator: Emulator) -> Iterator[list[int]]:
    """Yield a list to which every executed SQLite instruction adds one element."""
    connection: sqlite3.Connection = emulator._context.storage.sql
    ran = list[int]()
    connection.set_progress_handler(lambda: ran.append(1), 1)
    yield ran
    connection.set_progress_handler(None, 1)


async def cost(emulator: Emulator, container: ContainerProxy, text: str, **given: Any) -> int:
    with counted(emulator) as ran:
        await anext(
            container.query_items(
                text,
                parameters=[{"name": f"@{name}", "value": value} for name, value in given.items()],
                partition_key="o",
                max_item_count=10,
            )
        )
    return len(ran)


def assert_flat(costs: list[int]) -> None:
    assert max(costs) < 1.2 * min(costs), costs


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("cursor", CURSORS)
async def test_an_aggregate_from_a_cursor_costs_the_same_at_every_depth(
    emulator: Emulator, history: ContainerProxy, cursor: str, filter_: str
) -> None:
    function = "MIN" if ">=" in cursor else "MAX"
    where = f"c.org_id = 'o' AND c.id >= '00' AND c.id < '99' AND {cursor}{filter_}"
    text = f"SELECT VALUE {function}(c.id) FROM c WHERE {where}"

    assert_flat([await cost(emulator, history, text, cursor=f"{day:02}") for day in (1, 20, 39)])


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("cursor", CURSORS)
async def test_a_page_from_a_cursor_costs_the_same_at_every_depth(
    emulator: Emulator, history: ContainerProxy, cursor: str, filter_: str
) -> None:
    order = "ASC" if ">=" in cursor else "DESC"
    where = f"c.org_id = 'o' AND c.id >= '00' AND c.id < '99' AND {cursor}{filter_}"
    text = f"SELECT * FROM c WHERE {where} ORDER BY c.id {order}"

    assert_flat([await cost(emulator, history, text, cursor=f"{day:02}") for day in (1, 20, 39)])


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("order", ["ASC", "DESC"])
async def test_a_continued_page_costs_the_same_at_every_depth(
    emulator: Emulator, history: ContainerProxy, order: str, filter_: str
) -> None:
    text = f"SELECT * FROM c WHERE c.id >= '00' AND c.id < '99'{filter_} ORDER BY c.id {order}"
    pages = history.query_items(text, partition_key="o", max_item_count=50).by_page()
    costs = list[int]()
    for _ in range(DAYS):
        with counted(emulator) as ran:
            page = await anext(pages)
        assert len([item async for item in page]) == EVENTS_PER_DAY
        costs.append(len(ran))

    assert_flat(costs[1:-1])  # the first page has no position, the last has no successor


async def test_contradictory_bounds_select_nothing(history: ContainerProxy) -> None:
    text = "SELECT VALUE c.id FROM c WHERE c.id >= '30' AND c.id < '10' AND c.id > '05'"

    assert await paged(history, text, "o") == []
