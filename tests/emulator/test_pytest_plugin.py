"""The fixtures of the pytest plugin provide clients of an empty account."""

import pytest
from azure.cosmos import CosmosClient, PartitionKey
from azure.cosmos.aio import CosmosClient as AsyncCosmosClient

from cosmos_emulator import Emulator


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_has_an_empty_account(cosmos_client: CosmosClient, attempt: int) -> None:
    assert list(cosmos_client.list_databases()) == []
    database = cosmos_client.create_database("db")
    items = database.create_container("items", PartitionKey("/id"))
    items.create_item({"id": "a", "attempt": attempt})

    assert items.read_item("a", "a")["attempt"] == attempt


async def test_both_clients_use_the_same_account(
    cosmos_client: CosmosClient,
    async_cosmos_client: AsyncCosmosClient,
    cosmos_emulator: Emulator,
) -> None:
    await async_cosmos_client.create_database("db")

    assert [database["id"] for database in cosmos_client.list_databases()] == ["db"]
    assert cosmos_emulator.request_charges.totals["", "create_database"] > 0
