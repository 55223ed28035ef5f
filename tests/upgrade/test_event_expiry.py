"""Events expire in a data file of a version whose events never expired."""

from pathlib import Path

from azure.cosmos.aio import CosmosClient

from api.backends import open_emulated
from api.domain.events import DayBatch
from api.domain.retention import Retention
from api.settings import Settings
from api.stores.cosmos_containers import create_containers
from api.stores.protocol import RollupStore
from cosmos_emulator import Emulator
from cosmos_emulator.transports import AsyncTransport
from tests.contract.samples import ORG, event, query
from tests.support import ManualClock


async def create_as_before(settings: Settings, emulator: Emulator) -> None:
    """Create the containers, with events that never expire."""
    transport = AsyncTransport(emulator)
    async with CosmosClient(emulator.endpoint, emulator.key, transport=transport) as client:
        await create_containers(client, settings.cosmos_database)
        database = client.get_database_client(settings.cosmos_database)
        events = await database.get_container_client("events").read()
        await database.replace_container(
            "events", events["partitionKey"], indexing_policy=events["indexingPolicy"]
        )


async def store_event(store: RollupStore, number: int, retention: Retention) -> None:
    one = event(number)
    frozen_from = retention.frozen_from(one.day)
    await store.append(DayBatch(ORG, one.day, [one], None, frozen_from=frozen_from))


async def test_new_events_expire_and_earlier_ones_stay(
    settings: Settings, tmp_path: Path, clock: ManualClock
):
    emulator = Emulator(tmp_path / "cosmos.db", clock=lambda: clock().timestamp())
    await create_as_before(settings, emulator)
    async with open_emulated(settings, emulator, now=clock) as store:
        await store_event(store, 1, Retention())
    async with open_emulated(settings, emulator, now=clock) as store:
        await store_event(store, 2, Retention(30))
        clock.forward(days=60)

        assert [one.event_id for one in await store.page(query(), after=None, limit=9)] == ["e0001"]
    emulator.close()
