"""Organisations share the places of a process for queries."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from api.errors import ApiError
from api.lake.places import WAITING_MAX, Places


@asynccontextmanager
async def waiting(places: Places, *org_ids: str) -> AsyncGenerator[list[str]]:
    """Let queries of these organisations wait; yield the order in which they get a place."""
    order: list[str] = []
    leave = asyncio.Event()

    async def query(org_id: str) -> None:
        async with places.take(org_id):
            order.append(org_id)
            await leave.wait()

    async with asyncio.TaskGroup() as tasks:
        for org_id in org_ids:
            tasks.create_task(query(org_id))
            await asyncio.sleep(0)
        yield order
        leave.set()


async def test_one_organisation_never_has_all_places():
    places = Places(3)
    async with waiting(places, "acme", "acme", "acme", "globex") as order:
        assert order == ["acme", "acme", "globex"]

    assert order == ["acme", "acme", "globex", "acme"]


async def test_a_free_place_goes_to_the_organisations_in_turn():
    places = Places(1)
    async with waiting(places, "acme", "acme", "acme", "globex", "initech") as order:
        assert order == ["acme"]

    assert order == ["acme", "acme", "globex", "initech", "acme"]


async def test_a_query_that_waits_too_long_may_be_retried():
    places = Places(1, wait_seconds=0.01)
    async with places.take("acme"):
        with pytest.raises(ApiError) as caught:
            async with places.take("globex"):
                pass

    assert (caught.value.code, caught.value.retry_after) == ("deadline_exceeded", 1)
    async with places.take("globex"):  # the query that gave up left no trace
        pass


async def test_waiting_queries_of_an_organisation_are_limited():
    places = Places(1)
    async with waiting(places, *["acme"] * (WAITING_MAX + 1)):
        with pytest.raises(ApiError) as caught:
            async with places.take("acme"):
                pass

    assert caught.value.code == "rate_limited"


async def test_a_cancelled_query_leaves_its_place():
    places = Places(1)
    for _ in range(3):
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(places.take("acme"))
            task = asyncio.create_task(places.take("globex").__aenter__())
            await asyncio.sleep(0)
            await stack.aclose()  # gives the place to the task, which has not resumed yet
            task.cancel()
            await asyncio.wait([task])
        async with places.take("initech"):
            pass
