"""A server that is killed repeatedly at random moments of an import loses no event."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from api.domain.idempotency import LEASE
from tests.crash.history import (
    OLDER_EVENT,
    list_events,
    recount,
    send_once,
    signed_in,
    summarize_when_current,
)
from tests.crash.processes import DEADLINE_SECONDS, serving
from tests.support import START, an_event, send

ORGANIZATIONS = ("acme", "globex", "initech")
WORKERS_EACH = 2
OWN_EVENTS = 12  # events that only one batch contains
SHARED_EVENTS = 200  # events that several batches contain, so that there are duplicates
PAUSE_SECONDS_MAX = 0.2
LEASE_OVER = LEASE + timedelta(seconds=1)
SEED = 20260310


def make_batch(random: Random, number: int) -> list[dict[str, Any]]:
    """Return own and shared events of three days, two without id and time, and an invalid one."""
    first = SHARED_EVENTS + number * OWN_EVENTS
    shared = [random.randrange(1, SHARED_EVENTS) for _ in range(4)]
    events = [_dated(n) for n in (*shared, *range(first, first + OWN_EVENTS))]
    events += [{"event_type": "signed_up", "user_id": f"new-{number}-{n}"} for n in range(2)]
    random.shuffle(events)
    return [*events, an_event(user_id="")]


def _dated(number: int) -> dict[str, Any]:
    moment = START - timedelta(days=number % 3, seconds=number)
    return an_event(number, timestamp=moment.isoformat(), user_id=f"user-{number % 97}")


class Import:
    """Workers that send batches, and repeat each batch until it succeeds, even after a restart."""

    def __init__(self, clients: dict[str, AsyncClient]) -> None:
        self.clients = clients
        self.acknowledged = {organization: [] for organization in clients}
        self.ending = False
        self._responses = asyncio.Queue[str]()
        self._up = asyncio.Event()
        self._url = ""
        self._numbers = count()
        self._random = Random(SEED)  # noqa: S311 - must be repeatable

    def server_is_up(self, url: str) -> None:
        self._url, self._responses = url, asyncio.Queue()
        self._up.set()

    def server_is_down(self) -> None:
        self._up.clear()

    async def wait_for_responses(self, responses: int) -> None:
        """Wait for this many responses since the server started."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            for _ in range(responses):
                await self._responses.get()

    async def work(self, organization: str) -> None:
        client = self.clients[organization]
        while not self.ending:
            number = next(self._numbers)
            key, batch = f"batch-{number}", make_batch(self._random, number)
            response = await self._deliver(client, batch, key)
            self.acknowledged[organization].append((key, batch, response.json()))
            self._responses.put_nowait(key)

    async def _deliver(self, client: AsyncClient, batch: list[Any], key: str) -> Response:
        while True:
            await self._up.wait()
            client.base_url = self._url
            if response := await send_once(client, *batch, key=key):
                if response.status_code == 207:
                    return response
                await asyncio.sleep(int(response.headers["Retry-After"]))


async def kill_repeatedly(data_dir: Path, imported: Import, kills: int) -> datetime:
    """Start and kill the server repeatedly; return a time when the last lease is over."""
    random, now = Random(SEED), START  # noqa: S311 - as above
    for _ in range(kills):
        async with serving(data_dir, now) as server:
            imported.server_is_up(server.url)
            await imported.wait_for_responses(random.randint(1, 5))
            await asyncio.sleep(random.uniform(0, PAUSE_SECONDS_MAX))  # kill at a random moment
            imported.server_is_down()
            await server.kill()
        now += LEASE_OVER
    return now


@pytest.fixture
async def clients(data_dir: Path) -> AsyncGenerator[dict[str, AsyncClient]]:
    """Return a client per organisation; its token stays valid after the server is killed."""
    async with AsyncExitStack() as stack:
        async with serving(data_dir, START) as server:
            clients = [
                await stack.enter_async_context(signed_in(server.url, organization))
                for organization in ORGANIZATIONS
            ]
        yield dict(zip(ORGANIZATIONS, clients, strict=True))


@pytest.mark.parametrize("kills", [2, pytest.param(22, marks=pytest.mark.full)])
async def test_a_server_killed_at_random_loses_and_duplicates_nothing(
    data_dir: Path, clients: dict[str, AsyncClient], kills: int
):
    imported = Import(clients)
    async with asyncio.TaskGroup() as group:
        workers = [
            group.create_task(imported.work(organization))
            for organization in ORGANIZATIONS * WORKERS_EACH
        ]
        now = await kill_repeatedly(data_dir, imported, kills)
        imported.ending = True
        async with serving(data_dir, now) as server:
            imported.server_is_up(server.url)
            await asyncio.wait(workers)

    async with serving(data_dir, now + LEASE_OVER) as server:
        for organization, client in clients.items():
            client.base_url = server.url
            await assert_all_holds(client, imported.acknowledged[organization])


async def assert_all_holds(
    client: AsyncClient, acknowledged: list[tuple[str, list[Any], Any]]
) -> None:
    """Check that keys are replayed, acknowledged events are listed once and sums are exact."""
    for key, batch, first in acknowledged:
        again = await send(client, *batch, key=key)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json() == first
    sent = [
        (result["status"], result["event_id"], event["user_id"])
        for _, batch, response in acknowledged
        for event, result in zip(batch, response["results"], strict=True)
    ]
    listed = [e for e in await list_events(client) if e["event_id"] != OLDER_EVENT["event_id"]]
    stored = Counter((event["event_id"], event["user_id"]) for event in listed)

    assert stored == Counter((id_, user) for status, id_, user in sent if status == "created")
    assert stored.keys() == {(id_, user) for status, id_, user in sent if status != "rejected"}
    assert max(stored.values()) == 1
    expected = recount(await list_events(client))
    assert await summarize_when_current(client, expected) == expected
