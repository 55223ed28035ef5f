"""Two servers process the same key, because the first was paused until its lease expired."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from httpx2 import ASGITransport, AsyncClient

from api.app import create_app
from api.backends import open_emulated
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


class Pause:
    """A pause of a server, from a named moment until the test calls `resume`."""

    def __init__(self, moment: str = "") -> None:
        self.reached, self._resume, self._moment = asyncio.Event(), asyncio.Event(), moment

    async def reach(self, moment: str) -> None:
        if moment == self._moment:
            self.reached.set()
            await self._resume.wait()

    def resume(self) -> None:
        self._resume.set()


@pytest.fixture
def server(settings, emulator, clock: ManualClock):
    """Return a function that starts a pausable server on the same store and yields its client."""

    @asynccontextmanager
    async def server(pause: Pause) -> AsyncGenerator[AsyncClient]:
        @asynccontextmanager
        async def open_watched(settings):
            async with open_emulated(settings, emulator) as store:
                yield WatchedStore(store, pause.reach)

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
async def test_both_servers_finish_with_the_same_response(
    acme, server, clock: ManualClock, fold, moment: str
):
    pause = Pause(moment)
    await send(acme, OLDER_EVENT)
    async with server(pause) as first:
        response = asyncio.create_task(send(first, *BATCH, key="k"))
        await pause.reached.wait()
        assert (await send(acme, *BATCH, key="k")).status_code == 409

        clock.forward(seconds=31)
        takeover = await send(acme, *BATCH, key="k")
        pause.resume()

        assert statuses(takeover) == STATUSES
        assert (await response).json() == takeover.json()
    await assert_stored_once(acme, fold)


async def test_the_server_that_lost_its_lease_may_complete_first(
    acme, server, clock: ManualClock, fold
):
    slow, slower = Pause("after batch 1"), Pause("after ingest_ids 1")
    await send(acme, OLDER_EVENT)
    async with server(slow) as first, server(slower) as second:
        response = asyncio.create_task(send(first, *BATCH, key="k"))
        await slow.reached.wait()
        clock.forward(seconds=31)
        takeover = asyncio.create_task(send(second, *BATCH, key="k"))
        await slower.reached.wait()
        slow.resume()

        assert statuses(await response) == STATUSES
        slower.resume()
        assert (await takeover).json() == (await response).json()
    await assert_stored_once(acme, fold)


async def test_only_one_of_many_requests_takes_over(acme, server, clock: ManualClock, fold):
    pause = Pause("after batch 2")
    await send(acme, OLDER_EVENT)
    async with server(pause) as first, server(Pause()) as second:
        response = asyncio.create_task(send(first, *BATCH, key="k"))
        await pause.reached.wait()
        clock.forward(seconds=31)
        others = await asyncio.gather(
            *(send(client, *BATCH, key="k") for client in (acme, second) * 4)
        )
        pause.resume()
        slowest = await response

        finished = [other for other in others if other.status_code != 409]
        assert len([other for other in finished if "Idempotent-Replayed" not in other.headers]) == 1
        assert all(other.json() == slowest.json() for other in finished)
    await assert_stored_once(acme, fold)
