"""Organisations share the query slots of a process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from api.errors import ApiError
from api.lake.query_slots import WAITING_MAX, QuerySlots


@asynccontextmanager
async def waiting(slots: QuerySlots, *org_ids: str) -> AsyncGenerator[list[str]]:
    """Let queries of these organisations wait; yield the order in which they get a slot."""
    order: list[str] = []
    leave = asyncio.Event()

    async def query(org_id: str) -> None:
        async with slots.take(org_id):
            order.append(org_id)
            await leave.wait()

    async with asyncio.TaskGroup() as tasks:
        for org_id in org_ids:
            tasks.create_task(query(org_id))
            await asyncio.sleep(0)
        yield order
        leave.set()


async def test_one_organisation_never_has_all_slots():
    slots = QuerySlots(3)
    async with waiting(slots, "acme", "acme", "acme", "globex") as order:
        assert order == ["acme", "acme", "globex"]

    assert order == ["acme", "acme", "globex", "acme"]


async def test_a_free_slot_goes_to_the_organisations_in_turn():
    slots = QuerySlots(1)
    async with waiting(slots, "acme", "acme", "acme", "globex", "initech") as order:
        assert order == ["acme"]

    assert order == ["acme", "acme", "globex", "initech", "acme"]


async def test_a_query_that_waits_too_long_may_be_retried():
    slots = QuerySlots(1, wait_seconds=0.01)
    async with slots.take("acme"):
        with pytest.raises(ApiError) as caught:
            async with slots.take("globex"):
                pass

    assert (caught.value.code, caught.value.retry_after) == ("deadline_exceeded", 1)
    async with slots.take("globex"):  # the query that gave up left no trace
        pass


async def test_waiting_queries_of_an_organisation_are_limited():
    slots = QuerySlots(1)
    async with waiting(slots, *["acme"] * (WAITING_MAX + 1)):
        with pytest.raises(ApiError) as caught:
            async with slots.take("acme"):
                pass

    assert caught.value.code == "rate_limited"


async def test_a_cancelled_query_releases_its_slot():
    slots = QuerySlots(1)
    for _ in range(3):
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(slots.take("acme"))
            task = asyncio.create_task(slots.take("globex").__aenter__())
            await asyncio.sleep(0)
            await stack.aclose()  # assigns the slot to the task, which has not resumed yet
            task.cancel()
            await asyncio.wait([task])
        async with slots.take("initech"):
            pass
