"""Databases can be created, listed, read and deleted. Names are unique."""

import pytest
from azure.cosmos.aio import CosmosClient
from azure.cosmos.exceptions import (
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from cosmos_emulator import Emulator


async def test_creating_an_existing_database_is_rejected(client: CosmosClient) -> None:
    await client.create_database("db")

    with pytest.raises(CosmosResourceExistsError):
        await client.create_database("db")


async def test_create_if_not_exists_keeps_the_existing_resource(client: CosmosClient) -> None:
    first = await (await client.create_database_if_not_exists("db")).read()
    second = await (await client.create_database_if_not_exists("db")).read()

    assert first == second


async def test_databases_are_listed(client: CosmosClient) -> None:
    await client.create_database("one")
    await client.create_database("two")

    assert [database["id"] async for database in client.list_databases()] == ["one", "two"]


async def test_a_missing_database_is_404(client: CosmosClient) -> None:
    with pytest.raises(CosmosResourceNotFoundError):
        await client.get_database_client("nowhere").read()


async def test_containers_are_deleted_with_their_database(client: CosmosClient) -> None:
    database = await client.create_database("db")
    await database.create_container_if_not_exists("items", {"paths": ["/pk"], "kind": "Hash"})
    await client.delete_database("db")
    await client.create_database("db")

    assert [container async for container in database.list_containers()] == []


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a?b", "a#b", "ends with a space "])
def test_an_invalid_name_is_rejected_with_400(emulator: Emulator, name: str) -> None:
    body = f'{{"id": "{name.replace("\\", "\\\\")}"}}'

    assert emulator.handle("POST", "/dbs", {}, body).status == 400


async def test_databases_are_queried(client: CosmosClient) -> None:
    for name in ("a", "b", "c"):
        await client.create_database(name)
    found = client.query_databases("SELECT * FROM root r WHERE r.id != 'b'", max_item_count=1)

    assert [database["id"] async for database in found] == ["a", "c"]
    assert len([one async for one in client.list_databases(max_item_count=2)]) == 3
