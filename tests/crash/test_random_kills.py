"""SIGKILL at any moment of a busy import, again and again."""

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

KILLS = 22
ORGANIZATIONS = ("acme", "globex", "initech")
WORKERS_EACH = 2
OWN_EVENTS = 12  # in a batch
SHARED_EVENTS = 200  # that any batch may hold: every organisation's many duplicates
PAUSE_SECONDS_MAX = 0.2
LEASE_OVER = LEASE + timedelta(seconds=1)
SEED = 20260310


def make_batch(random: Random, number: int) -> list[dict[str, Any]]:
    """Over three days; some events without id and time, some that others send too, one bad."""
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
    """Workers that send batch after batch, each until it is answered, wherever the server is."""

    def __init__(self, clients: dict[str, AsyncClient]) -> None:
        self.clients = clients
        self.answered = {organization: [] for organization in clients}
        self.ending = False
        self._answers = asyncio.Queue[str]()
        self._up = asyncio.Event()
        self._url = ""
        self._numbers = count()
        self._random = Random(SEED)  # noqa: S311 - made to repeat itself

    def server_is_up(self, url: str) -> None:
        self._url, self._answers = url, asyncio.Queue()
        self._up.set()

    def server_goes_down(self) -> None:
        self._up.clear()

    async def progress(self, answers: int) -> None:
        """Until that many answers have come since the server is up."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            for _ in range(answers):
                await self._answers.get()

    async def work(self, organization: str) -> None:
        client = self.clients[organization]
        while not self.ending:
            number = next(self._numbers)
            key, batch = f"batch-{number}", make_batch(self._random, number)
            answer = await self._deliver(client, batch, key)
            self.answered[organization].append((key, batch, answer.json()))
            self._answers.put_nowait(key)

    async def _deliver(self, client: AsyncClient, batch: list[Any], key: str) -> Response:
        while True:
            await self._up.wait()
            client.base_url = self._url
            if answer := await send_once(client, *batch, key=key):
                if answer.status_code == 207:
                    return answer
                await asyncio.sleep(int(answer.headers["Retry-After"]))


async def kill_again_and_again(data_dir: Path, imported: Import) -> datetime:
    """Kill the server repeatedly until the last lease is over."""
    random, now = Random(SEED), START  # noqa: S311 - as above
    for _ in range(KILLS):
        async with serving(data_dir, now) as server:
            imported.server_is_up(server.url)
            await imported.progress(random.randint(1, 5))
            await asyncio.sleep(random.uniform(0, PAUSE_SECONDS_MAX))  # the moment to hit
            imported.server_goes_down()
            await server.kill()
        now += LEASE_OVER
    return now


@pytest.fixture
async def clients(data_dir: Path) -> AsyncGenerator[dict[str, AsyncClient]]:
    """One an organisation; their tokens outlive the server that they are from."""
    async with AsyncExitStack() as stack:
        async with serving(data_dir, START) as server:
            clients = [
                await stack.enter_async_context(signed_in(server.url, organization))
                for organization in ORGANIZATIONS
            ]
        yield dict(zip(ORGANIZATIONS, clients, strict=True))


async def test_a_server_killed_at_random_loses_nothing_and_doubles_nothing(
    data_dir: Path, clients: dict[str, AsyncClient]
):
    imported = Import(clients)
    async with asyncio.TaskGroup() as group:
        workers = [
            group.create_task(imported.work(organization))
            for organization in ORGANIZATIONS * WORKERS_EACH
        ]
        now = await kill_again_and_again(data_dir, imported)
        imported.ending = True
        async with serving(data_dir, now) as server:
            imported.server_is_up(server.url)
            await asyncio.wait(workers)

    async with serving(data_dir, now + LEASE_OVER) as server:
        for organization, client in clients.items():
            client.base_url = server.url
            await assert_all_holds(client, imported.answered[organization])


async def assert_all_holds(client: AsyncClient, answered: list[tuple[str, list[Any], Any]]) -> None:
    """Check that keys replay, acknowledged events are listed once, and sums are right."""
    for key, batch, first in answered:
        again = await send(client, *batch, key=key)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json() == first
    sent = [
        (result["status"], result["event_id"], event["user_id"])
        for _, batch, answer in answered
        for event, result in zip(batch, answer["results"], strict=True)
    ]
    listed = [e for e in await list_events(client) if e["event_id"] != OLDER_EVENT["event_id"]]
    stored = Counter((event["event_id"], event["user_id"]) for event in listed)

    assert stored == Counter((id_, user) for status, id_, user in sent if status == "created")
    assert stored.keys() == {(id_, user) for status, id_, user in sent if status != "rejected"}
    assert max(stored.values()) == 1
    expected = recount(await list_events(client))
    assert await summarize_when_current(client, expected) == expected
