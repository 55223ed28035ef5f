"""Fixtures: `any_store`, which runs a contract test on every kind of store, and test clients."""

from collections.abc import Callable
from itertools import count

import pytest

from api.services import events
from api.stores.dynamodb import DynamoDBStore
from api.stores.protocol import Store
from tests.contract.acts import Acting
from tests.contract.quota_senders import Sender
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


@pytest.fixture
def processes(
    any_store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], list[Sender]]:
    """Return a function that starts processes that ingest events into the same store.

    Requests to moto get more time, because it needs seconds for a transaction.
    """
    if isinstance(any_store, DynamoDBStore):
        monkeypatch.setattr(events, "DEADLINE_SECONDS", 200)
    numbers = count(1)
    return lambda number: [Sender(any_store, clock, numbers) for _ in range(number)]
