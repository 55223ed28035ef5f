"""Which stores the contract is checked on."""

import pytest

from api.stores.protocol import Store
from tests.stores.moto import aws, dynamodb, moto_server, on_dynamodb

__all__ = ["aws", "dynamodb", "moto_server", "on_dynamodb"]

STORES = {"cosmos": "store", "dynamodb": "dynamodb"}


@pytest.fixture(params=STORES)
def any_store(request: pytest.FixtureRequest) -> Store:
    """`cosmos` is the real SDK on the emulator, `dynamodb` is botocore on moto's server."""
    return request.getfixturevalue(STORES[request.param])
