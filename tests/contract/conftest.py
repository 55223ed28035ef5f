"""Fixtures: `any_store`, which runs a contract test on every kind of store, and `acting`."""

import pytest

from api.stores.protocol import Store
from tests.contract.acts import Acting
from tests.stores.moto import aws, dynamodb, moto_server, on_dynamodb
from tests.support import ManualClock

__all__ = ["aws", "dynamodb", "moto_server", "on_dynamodb"]

STORES = {"cosmos": "store", "dynamodb": "dynamodb"}


@pytest.fixture(params=STORES)
def any_store(request: pytest.FixtureRequest) -> Store:
    """Return a store: Cosmos DB's SDK on the emulator, or botocore on moto's server."""
    return request.getfixturevalue(STORES[request.param])


@pytest.fixture
def acting(clock: ManualClock) -> Acting:
    return Acting(clock)
