"""Fixtures that connect the real azure-cosmos SDK to the emulator, without a network."""

import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy

from cosmos_emulator import Emulator
from cosmos_emulator.transports import AsyncTransport

START = 1_780_000_000.0
PRODUCT_INDEXING = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": "/user_id/?"}, {"path": "/event_type/?"}, {"path": "/type/?"}],
    "excludedPaths": [{"path": "/*"}],
}


class MovableClock:
    """A clock in seconds since 1970 that stands still until a test moves it forward."""

    def __init__(self) -> None:
        self.seconds = START

    def __call__(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(autouse=True)
def _no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that opens a connection."""

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def emulator(clock: MovableClock) -> Generator[Emulator]:
    emulator = Emulator(clock=clock)
    yield emulator
    emulator.close()


@pytest.fixture
async def client(emulator: Emulator) -> AsyncGenerator[CosmosClient]:
    transport = AsyncTransport(emulator)
    async with CosmosClient(emulator.endpoint, emulator.key, transport=transport) as client:
        yield client


@pytest.fixture
async def database(client: CosmosClient) -> DatabaseProxy:
    return await client.create_database("db")


type MakeContainer = Callable[..., Awaitable[ContainerProxy]]


@pytest.fixture
def make_container(database: DatabaseProxy) -> MakeContainer:
    """Return a function that creates a container. Several key paths make a hierarchical key."""

    async def make(name: str = "items", *paths: str, **options: Any) -> ContainerProxy:
        paths = paths or ("/pk",)
        kind = "MultiHash" if len(paths) > 1 else "Hash"
        key = PartitionKey(list(paths) if len(paths) > 1 else paths[0], kind=kind)
        return await database.create_container(name, key, **options)

    return make


@pytest.fixture
async def items(make_container: MakeContainer) -> ContainerProxy:
    """Return a container with the key `/pk` and the default indexing policy."""
    return await make_container()


@pytest.fixture
async def events(make_container: MakeContainer) -> ContainerProxy:
    """Return a container with the key (`/org_id`, `/day`) that indexes only three properties."""
    return await make_container("events", "/org_id", "/day", indexing_policy=PRODUCT_INDEXING)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cosmos.db"


@pytest.fixture
def query() -> Callable[..., Awaitable[list[Any]]]:
    """Return a function that runs a query with keyword parameters and returns all results."""

    async def run(container: ContainerProxy, text: str, key: Any = None, **given: Any) -> list[Any]:
        pages = await paged(container, text, key, **given)
        return [result for page in pages for result in page]

    return run


async def paged(
    container: ContainerProxy, text: str, key: Any = None, size: int | None = None, **given: Any
) -> list[list[Any]]:
    """Return the pages of a query as lists of results."""
    parameters = [{"name": f"@{name}", "value": value} for name, value in given.items()]
    options = {} if key is None else {"partition_key": key}
    found = container.query_items(text, parameters=parameters, max_item_count=size, **options)
    return [[result async for result in page] async for page in found.by_page()]
