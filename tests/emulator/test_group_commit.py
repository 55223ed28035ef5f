"""Concurrent writes on an event loop share a disk sync. Responses show only durable writes."""

import asyncio
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest
from azure.cosmos import CosmosClient as SyncClient
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError, CosmosResourceExistsError

from cosmos_emulator import Emulator, Request
from cosmos_emulator.errors import CosmosError
from cosmos_emulator.transports import AsyncTransport, Transport


@pytest.fixture
def emulator(tmp_path: Path):
    emulator = Emulator(tmp_path / "cosmos.db")
    yield emulator
    emulator.close()


@pytest.fixture
async def container(emulator: Emulator):
    transport = AsyncTransport(emulator)
    async with CosmosClient(emulator.endpoint, emulator.key, transport=transport) as client:
        database = await client.create_database("db")
        yield await database.create_container("items", PartitionKey("/pk"))


@pytest.fixture
async def second(container: ContainerProxy, emulator: Emulator):
    """Return the container as a second client of the process sees it."""
    transport = AsyncTransport(emulator)
    async with CosmosClient(emulator.endpoint, emulator.key, transport=transport) as client:
        opened = client.get_database_client("db").get_container_client(container.id)
        await opened.read()
        yield opened


@pytest.fixture
def syncs(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which every sync of a group adds one element."""
    flush, counted = emulator.flush, []
    monkeypatch.setattr(emulator, "flush", lambda: (counted.append(1), flush())[1])
    return counted


def item(number: int) -> dict[str, str]:
    return {"id": str(number), "pk": "a"}


async def test_concurrent_writes_share_a_sync(container: ContainerProxy, syncs: list[int]):
    await container.create_item(item(0))  # so that the client has read the container
    syncs.clear()
    await asyncio.gather(*(container.create_item(item(n)) for n in range(1, 21)))

    assert len(syncs) < 20
    assert len([i async for i in container.read_all_items()]) == 21


async def test_a_rejected_write_does_not_affect_its_group(container: ContainerProxy):
    await container.create_item(item(0))
    numbers = [1, 0, 2, 0, 3]
    outcomes = await asyncio.gather(
        *(container.create_item(item(n)) for n in numbers), return_exceptions=True
    )

    refused = [isinstance(outcome, CosmosResourceExistsError) for outcome in outcomes]
    assert refused == [n == 0 for n in numbers]
    assert len([i async for i in container.read_all_items()]) == 4


async def test_acknowledged_writes_are_in_the_file(container: ContainerProxy, tmp_path: Path):
    await container.create_item(item(1))

    with sqlite3.connect(f"file:{tmp_path}/cosmos.db?mode=ro", uri=True) as other:
        tables = "SELECT sum(lsn) FROM partitions"
        assert other.execute(tables).fetchone() == (1,)
    other.close()


async def test_a_failed_sync_fails_the_whole_group_and_stores_nothing(
    container: ContainerProxy, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
):
    await container.create_item(item(0))
    store = emulator._context.storage

    def fail() -> None:
        store.sql.execute("ROLLBACK")  # as SQLite does when the disk is full
        flush()

    flush = emulator.flush
    monkeypatch.setattr(emulator, "flush", fail)
    outcomes = await asyncio.gather(
        *(container.create_item(item(n)) for n in range(1, 4)), return_exceptions=True
    )
    monkeypatch.undo()

    assert all(isinstance(outcome, CosmosHttpResponseError) for outcome in outcomes)
    assert [i["id"] async for i in container.read_all_items()] == ["0"]
    await asyncio.gather(*(container.create_item(item(n)) for n in range(1, 4)))
    feed = container.query_items_change_feed(start_time="Beginning")
    assert sorted([i["id"] async for i in feed]) == ["0", "1", "2", "3"]


async def test_no_write_joins_a_group_that_was_rolled_back(
    container: ContainerProxy, emulator: Emulator
):
    await container.create_item(item(0))
    store = emulator._context.storage

    def fail(request: Request) -> None:
        if request.header("x-ms-documentdb-partitionkey") == '["b"]':
            store.sql.execute("ROLLBACK")  # as SQLite does when the disk is full
            raise CosmosError(507, "The disk is full.")

    emulator.interceptors.append(fail)
    outcomes = await asyncio.gather(
        container.create_item(item(1)),
        container.create_item({"id": "2", "pk": "b"}),
        container.create_item(item(3)),
        return_exceptions=True,
    )
    emulator.interceptors.clear()

    assert all(isinstance(outcome, CosmosHttpResponseError) for outcome in outcomes)
    assert [i["id"] async for i in container.read_all_items()] == ["0"]


async def test_two_clients_share_a_group(
    container: ContainerProxy, second: ContainerProxy, emulator: Emulator
):
    requests = list[str]()
    emulator.interceptors.append(lambda request: requests.append(request.operation))
    await asyncio.gather(
        *(client.create_item(item(n)) for n, client in enumerate([container, second] * 3))
    )

    assert requests.count("create_item") == 6  # no client sent a write again
    assert len([i async for i in second.read_all_items()]) == 6


async def test_a_sync_client_ends_the_group_of_an_async_client(
    container: ContainerProxy, emulator: Emulator, tmp_path: Path
):
    transport = Transport(emulator)
    client = SyncClient(emulator.endpoint, emulator.key, transport=transport)
    opened = client.get_database_client("db").get_container_client("items")
    await container.create_item(item(0))
    opened.read_item("0", "a")

    async def read() -> int:
        assert emulator.has_unflushed
        opened.read_item("0", "a")
        with sqlite3.connect(f"file:{tmp_path}/cosmos.db?mode=ro", uri=True) as other:
            [(lsn,)] = other.execute("SELECT sum(lsn) FROM partitions")
        other.close()
        return lsn

    created, lsn = await asyncio.gather(container.create_item(item(1)), read())

    assert (created["id"], lsn) == ("1", 2)


async def test_a_split_is_on_disk_when_it_returns(container: ContainerProxy, emulator: Emulator):
    await container.create_item(item(0))  # in a group
    emulator.split("db", container.id)

    assert not emulator.has_unflushed
    await container.create_item(item(1))
    emulator.merge("db", container.id)
    assert not emulator.has_unflushed


@pytest.mark.usefixtures("container")
def test_a_container_of_a_lost_group_is_gone(emulator: Emulator):
    store = emulator._context.storage
    store.commits.is_grouped = True
    definition = store.container("db", "items").definition | {"id": "lost"}
    store.create_container("db", definition, 0)
    store.sql.execute("ROLLBACK")  # as SQLite does when the disk is full

    with pytest.raises(sqlite3.OperationalError):
        store.flush()
    with pytest.raises(CosmosError):
        store.container("db", "lost")


async def test_a_later_group_does_not_acknowledge_a_lost_write(
    container: ContainerProxy,
    second: ContainerProxy,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
):
    await container.create_item(item(0))
    await second.read_item("0", "a")
    store, flush = emulator._context.storage, emulator.flush

    def fail() -> None:
        monkeypatch.setattr(emulator, "flush", flush)
        store.sql.execute("ROLLBACK")  # as SQLite does when the disk is full
        try:
            flush()
        finally:
            with store.commits.transaction():  # a write that comes before the second client's sync
                store.sql.execute("UPDATE partitions SET lsn = lsn")

    async def create(client: ContainerProxy, number: int) -> str:
        with suppress(CosmosHttpResponseError):
            return (await client.create_item(item(number), retry_write=0))["id"]
        return "refused"

    monkeypatch.setattr(emulator, "flush", fail)
    outcomes = await asyncio.gather(create(container, 1), create(second, 2))

    stored = [i["id"] async for i in container.read_all_items()]
    assert [outcome for outcome in outcomes if outcome != "refused"] == stored[1:]
