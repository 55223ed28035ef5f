"""Fixture `any_store`: runs a contract test on every kind of store."""

import pytest

from api.stores.protocol import Store
from tests.stores.moto import aws, dynamodb, moto_server, on_dynamodb

__all__ = ["aws", "dynamodb", "moto_server", "on_dynamodb"]

STORES = {"cosmos": "store", "dynamodb": "dynamodb"}


@pytest.fixture(params=STORES)
def any_store(request: pytest.FixtureRequest) -> Store:
    """Return a store: Cosmos DB's SDK on the emulator, or botocore on moto's server."""
    return request.getfixturevalue(STORES[request.param])
