"""The emulator works with the sync SDK, with threads, and over HTTP."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.cosmos import ContainerProxy, CosmosClient, PartitionKey
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosResourceExistsError
from httpx2 import ASGITransport, AsyncClient

from cosmos_emulator import Emulator
from cosmos_emulator.asgi import application
from cosmos_emulator.transports import Transport


@pytest.fixture
def container(emulator: Emulator) -> ContainerProxy:
    """Return a container of the sync client."""
    client = CosmosClient(emulator.endpoint, emulator.key, transport=Transport(emulator))
    database = client.create_database_if_not_exists("db")
    return database.create_container_if_not_exists("items", PartitionKey("/pk"))


def test_the_sync_client_writes_and_reads(container: ContainerProxy) -> None:
    created = container.create_item({"id": "a", "pk": "p"})

    assert container.read_item("a", "p") == created
    with pytest.raises(CosmosResourceExistsError):
        container.create_item({"id": "a", "pk": "p"})


def test_the_sync_client_runs_batches(container: ContainerProxy) -> None:
    creates = [("create", ({"id": f"{n}", "pk": "p"},)) for n in range(10)]
    container.execute_item_batch(creates, "p")

    with pytest.raises(CosmosBatchOperationError):
        container.execute_item_batch(creates, "p")


def test_the_sync_client_queries_and_pages(container: ContainerProxy) -> None:
    for n in range(10):
        container.create_item({"id": f"{n}", "pk": f"{n % 3}"})
    one = container.query_items("SELECT * FROM c ORDER BY c.id", partition_key="1")
    total = container.query_items("SELECT VALUE COUNT(1) FROM c", enable_cross_partition_query=True)

    assert [item["id"] for item in one] == ["1", "4", "7"]
    assert list(total) == [10]


def test_the_sync_client_reads_the_change_feed(container: ContainerProxy) -> None:
    for n in range(10):
        container.create_item({"id": f"{n}", "pk": f"{n}"})
    feed = container.query_items_change_feed(start_time="Beginning")

    assert sorted(item["id"] for item in feed) == [f"{n}" for n in range(10)]


def test_threads_share_one_emulator(container: ContainerProxy) -> None:
    def write(n: int) -> None:
        container.create_item({"id": f"{n}", "pk": f"{n % 5}"})

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(100)))

    assert len(list(container.read_all_items())) == 100


async def test_responses_over_http_are_the_same(
    emulator: Emulator, container: ContainerProxy
) -> None:
    container.create_item({"id": "é", "pk": "p"})
    transport = ASGITransport(application(emulator))
    async with AsyncClient(transport=transport, base_url=emulator.endpoint) as client:
        account = await client.get("/")
        read = await client.get(
            "/dbs/db/colls/items/docs/é", headers={"x-ms-documentdb-partitionkey": '["p"]'}
        )
        missing = await client.get("/dbs/none")

    assert account.json()["writableLocations"][0]["databaseAccountEndpoint"] == emulator.endpoint
    assert read.json()["id"] == "é"
    assert missing.status_code == 404
    assert missing.json()["code"] == "NotFound"


async def test_the_server_starts_and_stops(emulator: Emulator) -> None:
    received = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent = list[str]()

    async def receive() -> dict[str, str]:
        return next(received)

    async def send(message: dict[str, str]) -> None:
        sent.append(message["type"])

    await application(emulator)({"type": "lifespan"}, receive, send)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
