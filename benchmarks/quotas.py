"""Measure the request units of quota checks: `uv run python -m benchmarks.quotas`."""

import asyncio
from datetime import UTC, datetime, timedelta

from api.app import open_emulated
from api.domain.events import TRUSTED, Draft
from api.domain.reference import Organization
from api.services.events import Submission, ingest
from api.services.quotas import Quotas
from api.services.rollups import catch_up
from api.settings import Settings
from api.stores.protocol import Store
from cosmos_emulator import Emulator

ORG = "org_acme"
DAYS, MINUTES, REQUESTS = 30, 30, 20
CHECK = ("organizations", "quotas", "rollups")


class Process:
    """A process that sends requests at a time that only moves between them."""

    def __init__(self, store: Store) -> None:
        self.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
        self._store = store
        self._quotas = Quotas()
        self._sent = 0

    async def send(self, events: int) -> None:
        numbers = range(self._sent, self._sent + events)
        self._sent += events
        drafts = [
            Draft("seen", f"user-{n % 50}", f"e{n}", self.now - timedelta(days=n % DAYS), {}, 100)
            for n in numbers
        ]
        await ingest(
            self._store,
            org_id=ORG,
            source=TRUSTED,
            submission=Submission(str(self._sent), drafts),
            key=None,
            now=lambda: self.now,
            quotas=self._quotas,
        )


async def measure() -> None:
    """Print the request units per minute of one process, apart from those of the events."""
    emulator = Emulator()
    async with open_emulated(Settings(), emulator) as store:
        await store.create(Organization(ORG, "Acme", "growth", "", events_per_month=10_000_000))
        process = Process(store)
        await process.send(3 * DAYS)
        await catch_up(store)
        emulator.request_charges.reset()
        for _ in range(MINUTES):
            process.now += timedelta(minutes=1)
            for _ in range(REQUESTS):
                await process.send(5)
    total = 0.0
    for (container, operation), charge in sorted(emulator.request_charges.totals.items()):
        if container in CHECK:
            total += charge / MINUTES
            print(f"  {container:14} {operation:14} {charge / MINUTES:6.2f}")
    emulator.close()
    print(f"request units per minute, with {REQUESTS} requests per minute: {total:.1f}")


if __name__ == "__main__":
    asyncio.run(measure())
