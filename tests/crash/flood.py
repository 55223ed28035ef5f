"""Senders that keep a server busy across restarts: an honest one, and a hostile tenant."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from typing import Any

from httpx2 import AsyncClient, Response, TransportError

from tests.crash.history import EVENTS, send_once
from tests.crash.processes import DEADLINE_SECONDS

RETRIED = {409, 429, 503}
PAUSE_SECONDS = 0.05  # between attempts while the server is down
HOSTILE_DAYS = 20


class Sender:
    """A sender of keyed batches that repeats each one until it is stored."""

    def __init__(self, client: AsyncClient, batch_of: Any, statuses: Counter[int]) -> None:
        self.client = client
        self.stored: list[tuple[str, Sequence[Any], Any]] = []  # key, batch, response
        self.failures = 0  # of the connection
        self.ending = False
        self._batch_of = batch_of
        self._statuses = statuses
        self._numbers = count()
        self._progress = asyncio.Condition()

    async def work(self) -> None:
        while not self.ending:
            number = next(self._numbers)
            key, batch = f"batch-{number}", self._batch_of(number)
            response = await self.deliver(key, batch)
            self.stored.append((key, batch, response.json()))
            async with self._progress:
                self._progress.notify_all()

    async def progress(self, batches: int) -> None:
        """Wait until that many more batches are stored."""
        wanted = len(self.stored) + batches
        async with asyncio.timeout(DEADLINE_SECONDS), self._progress:
            await self._progress.wait_for(lambda: len(self.stored) >= wanted)

    async def deliver(self, key: str, batch: Sequence[Any]) -> Response:
        while True:
            response = await send_once(self.client, *batch, key=key)
            if response is None:
                self.failures += 1
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self._statuses[response.status_code] += 1
            if response.status_code not in RETRIED:
                assert response.status_code == 201, response.text
                return response
            await asyncio.sleep(int(response.headers["Retry-After"]))

    def created(self) -> Counter[str]:
        """Return the ids of the events that the responses name as created."""
        results = [one for _, _, response in self.stored for one in response["results"]]
        return Counter(one["event_id"] for one in results if one["status"] == "created")


def _moment(days_ago: int, number: int) -> str:
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return (noon - timedelta(days=days_ago, microseconds=number)).isoformat()


def honest_batch(number: int) -> list[dict[str, Any]]:
    """Return 12 events of two days, of which two have neither an id nor a timestamp."""
    first = number * 10
    named = [
        {
            "event_id": f"honest-{n:06}",
            "event_type": ("page_viewed", "signed_up")[n % 2],
            "user_id": f"user-{n % 7}",
            "timestamp": _moment(1 + n % 2, n),
        }
        for n in range(first, first + 10)
    ]
    return [*named, *({"event_type": "page_viewed", "user_id": f"new-{n}"} for n in range(2))]


def hostile_batch(number: int) -> list[dict[str, Any]]:
    """Return events of many days, each of a new event type and user with long names."""
    return [
        {
            "event_id": f"hostile-{number:05}-{n:02}",
            "event_type": f"type_{number}_{n}".ljust(128, "x"),
            "user_id": f"user_{number}_{n}".ljust(128, "x"),
            "timestamp": _moment(1 + n % HOSTILE_DAYS, number * 100 + n),
        }
        for n in range(3 * HOSTILE_DAYS)
    ]


async def send_junk(url: str, statuses: Counter[int]) -> None:
    """Send requests that are rejected, in an endless loop."""
    nested = b'{"events":[' + b"[" * 100_000
    forged = {"Authorization": "Bearer e30.e30.e30"}
    async with AsyncClient(base_url=url, timeout=DEADLINE_SECONDS) as client:
        requests = cycle(
            [
                lambda: client.post(f"{EVENTS}/beacon", content=nested[:60_000], headers=TEXT),
                lambda: client.post("/api/v1/auth/token", content=nested[:4000], headers=JSON),
                lambda: client.get("/api/v1/me", headers=forged),
                lambda: client.get("/.well-known/jwks.json"),
            ]
        )
        for request in requests:
            try:
                statuses[(await request()).status_code] += 1
            except TransportError:
                await asyncio.sleep(PAUSE_SECONDS)


TEXT = {"Content-Type": "text/plain"}
JSON = {"Content-Type": "application/json"}
