"""Two servers at work on one key: its lease ended while the first was held up."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from httpx2 import ASGITransport, AsyncClient

from api.app import create_app, open_emulated
from tests.crash.crash_points import WatchedStore
from tests.crash.history import (
    BATCH,
    OLDER_EVENT,
    STATUSES,
    list_events,
    recount,
    signed_in,
    summarize,
)
from tests.support import ManualClock, send, statuses


class HeldUp:
    """A moment at which a server stands still until it is let go."""

    def __init__(self, moment: str = "") -> None:
        self.reached, self._let_go, self._moment = asyncio.Event(), asyncio.Event(), moment

    async def reach(self, moment: str) -> None:
        if moment == self._moment:
            self.reached.set()
            await self._let_go.wait()

    def let_go(self) -> None:
        self._let_go.set()


@pytest.fixture
def server(settings, emulator, clock: ManualClock):
    """Another server over the same store, held up at a moment: a client of it."""

    @asynccontextmanager
    async def server(held_up: HeldUp) -> AsyncGenerator[AsyncClient]:
        @asynccontextmanager
        async def open_watched(settings):
            async with open_emulated(settings, emulator) as store:
                yield WatchedStore(store, held_up.reach)

        app = create_app(settings, open_store=open_watched, now=clock, folds=False)
        async with (
            app.router.lifespan_context(app),
            signed_in("http://api.test", transport=ASGITransport(app)) as client,
        ):
            yield client

    return server


async def assert_stored_once(client: AsyncClient, fold: Callable[[], Awaitable[None]]) -> None:
    await fold()
    listed = await list_events(client)

    assert len(listed) == 1 + STATUSES.count("created")
    assert max(Counter((e["timestamp"], e["event_id"]) for e in listed).values()) == 1
    expected = recount(listed)
    assert await summarize(client, expected) == expected


@pytest.mark.parametrize(
    "moment", ["after record 1", "after batch 1", "after batch 3", "before completion 1"]
)
async def test_both_finish_and_answer_alike(acme, server, clock: ManualClock, fold, moment: str):
    held_up = HeldUp(moment)
    await send(acme, OLDER_EVENT)
    async with server(held_up) as first:
        answer = asyncio.create_task(send(first, *BATCH, key="k"))
        await held_up.reached.wait()
        assert (await send(acme, *BATCH, key="k")).status_code == 409

        clock.forward(seconds=31)
        takeover = await send(acme, *BATCH, key="k")
        held_up.let_go()

        assert statuses(takeover) == STATUSES
        assert (await answer).json() == takeover.json()
    await assert_stored_once(acme, fold)


async def test_one_that_was_taken_over_may_still_complete_first(
    acme, server, clock: ManualClock, fold
):
    slow, slower = HeldUp("after batch 1"), HeldUp("after ingest_ids 1")
    await send(acme, OLDER_EVENT)
    async with server(slow) as first, server(slower) as second:
        answer = asyncio.create_task(send(first, *BATCH, key="k"))
        await slow.reached.wait()
        clock.forward(seconds=31)
        takeover = asyncio.create_task(send(second, *BATCH, key="k"))
        await slower.reached.wait()
        slow.let_go()

        assert statuses(await answer) == STATUSES
        slower.let_go()
        assert (await takeover).json() == (await answer).json()
    await assert_stored_once(acme, fold)


async def test_of_many_that_take_over_at_once_one_does(acme, server, clock: ManualClock, fold):
    held_up = HeldUp("after batch 2")
    await send(acme, OLDER_EVENT)
    async with server(held_up) as first, server(HeldUp()) as second:
        answer = asyncio.create_task(send(first, *BATCH, key="k"))
        await held_up.reached.wait()
        clock.forward(seconds=31)
        others = await asyncio.gather(
            *(send(client, *BATCH, key="k") for client in (acme, second) * 4)
        )
        held_up.let_go()
        slowest = await answer

        finished = [other for other in others if other.status_code != 409]
        assert len([other for other in finished if "Idempotent-Replayed" not in other.headers]) == 1
        assert all(other.json() == slowest.json() for other in finished)
    await assert_stored_once(acme, fold)
