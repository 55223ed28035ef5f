"""Which stores the contract is checked on."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace

import pytest

from api.app import open_dynamodb
from api.settings import Settings
from api.stores.protocol import Store
from tests.stores.moto import empty_moto, serve_moto
from tests.support import ManualClock


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    with serve_moto() as url:
        yield url


@pytest.fixture
async def dynamodb(settings: Settings, moto_url: str, clock: ManualClock) -> AsyncGenerator[Store]:
    empty_moto(moto_url)
    async with open_dynamodb(replace(settings, dynamodb_endpoint=moto_url), now=clock) as store:
        yield store


@pytest.fixture(params=["cosmos", "dynamodb"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """`cosmos` is the real SDK on the emulator, `dynamodb` is botocore on moto's server."""
    return request.getfixturevalue({"cosmos": "store"}.get(request.param, request.param))
