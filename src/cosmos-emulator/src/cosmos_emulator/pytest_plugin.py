"""Fixtures for pytest: clients of an empty account for each test.

pytest loads this plugin when the package is installed. The fixtures need the extra `pytest`.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from cosmos_emulator.core import Emulator

if TYPE_CHECKING:
    from azure.cosmos import CosmosClient
    from azure.cosmos.aio import CosmosClient as AsyncCosmosClient

try:
    import pytest_asyncio
except ModuleNotFoundError:  # AnyIO runs asynchronous fixtures of pytest itself
    _async_fixture: Callable[..., Any] = pytest.fixture
else:
    _async_fixture = pytest_asyncio.fixture


@pytest.fixture
def cosmos_emulator() -> Iterator[Emulator]:
    """Return an emulator in memory with an empty account."""
    emulator = Emulator()
    yield emulator
    emulator.close()


@pytest.fixture
def cosmos_client(cosmos_emulator: Emulator) -> Iterator["CosmosClient"]:
    """Return a client of an empty account, without a network connection."""
    from azure.cosmos import CosmosClient  # noqa: PLC0415  only for tests that use it

    from cosmos_emulator.transports import Transport  # noqa: PLC0415  needs the SDK

    transport = Transport(cosmos_emulator)
    with CosmosClient(cosmos_emulator.endpoint, cosmos_emulator.key, transport=transport) as client:
        yield client


@_async_fixture
async def async_cosmos_client(cosmos_emulator: Emulator) -> AsyncIterator["AsyncCosmosClient"]:
    """Return an asynchronous client of an empty account, without a network connection."""
    from azure.cosmos.aio import CosmosClient  # noqa: PLC0415  only for tests that use it

    from cosmos_emulator.transports import AsyncTransport  # noqa: PLC0415  needs the SDK

    transport = AsyncTransport(cosmos_emulator)
    async with CosmosClient(
        cosmos_emulator.endpoint, cosmos_emulator.key, transport=transport
    ) as client:
        yield client
