"""Measure the request units of quota checks: `uv run python -m benchmarks.quotas`."""

import asyncio
from datetime import UTC, datetime, timedelta

from api.backends import open_emulated
from api.domain.events import TRUSTED, Draft
from api.domain.reference import Organization
from api.errors import ApiError
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

    async def refused(self, key: str | None) -> None:
        """Send a request that the quota must refuse."""
        try:
            await self.send(5, days=1, key=key)
        except ApiError as error:
            if error.code == "quota_exceeded":
                return
        raise AssertionError("the quota didn't refuse a request")

    async def send(self, events: int, *, days: int = DAYS, key: str | None = None) -> None:
        numbers = range(self._sent, self._sent + events)
        self._sent += events
        drafts = [
            Draft("seen", f"user-{n % 50}", f"e{n}", self.now - timedelta(days=n % days), {}, 100)
            for n in numbers
        ]
        await ingest(
            self._store,
            org_id=ORG,
            source=TRUSTED,
            submission=Submission(str(self._sent), drafts),
            key=key,
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
        print(f"request units per minute, with {REQUESTS} requests per minute: {total:.1f}")
        await measure_refusals(emulator, store, process)
    emulator.close()


async def measure_refusals(emulator: Emulator, store: Store, process: Process) -> None:
    """Print the request units of a request that the quota refuses."""
    await store.delete(Organization, ORG)
    await store.create(Organization(ORG, "Acme", "growth", "", events_per_month=1))
    process.now += timedelta(minutes=1)
    for key in (None, "k"):
        await process.refused(key)  # the first refusal also reads the counter
        emulator.request_charges.reset()
        await process.refused(key)
        charge = sum(emulator.request_charges.totals.values())
        kind = "with" if key else "without"
        print(f"request units per refused request {kind} an Idempotency-Key: {charge:.1f}")


if __name__ == "__main__":
    asyncio.run(measure())
