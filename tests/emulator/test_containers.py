"""Containers store their definition. Changes to it apply to stored items."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.cosmos.exceptions import (
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from cosmos_emulator import Emulator

from .conftest import MakeContainer

type Query = Callable[..., Awaitable[list[Any]]]
COMPOSITE = [[{"path": "/a", "order": "ascending"}, {"path": "/b", "order": "descending"}]]


async def test_a_container_keeps_its_definition(database: DatabaseProxy) -> None:
    indexing = {"includedPaths": [{"path": "/a/?"}], "excludedPaths": [{"path": "/*"}]}
    await database.create_container(
        "items",
        PartitionKey(["/a", "/b"], kind="MultiHash"),
        indexing_policy=indexing,
        default_ttl=60,
        unique_key_policy={"uniqueKeys": [{"paths": ["/email"]}]},
    )
    definition = await database.get_container_client("items").read()

    assert definition["partitionKey"] == {"paths": ["/a", "/b"], "kind": "MultiHash", "version": 2}
    assert definition["indexingPolicy"]["includedPaths"] == [{"path": "/a/?"}]
    assert definition["defaultTtl"] == 60
    assert definition["uniqueKeyPolicy"] == {"uniqueKeys": [{"paths": ["/email"]}]}


async def test_creating_an_existing_container_is_rejected(
    database: DatabaseProxy, items: ContainerProxy
) -> None:
    with pytest.raises(CosmosResourceExistsError):
        await database.create_container(items.id, PartitionKey("/pk"))


async def test_create_if_not_exists_keeps_the_existing_resource(
    database: DatabaseProxy, items: ContainerProxy
) -> None:
    again = await database.create_container_if_not_exists(items.id, PartitionKey("/pk"))

    assert (await again.read())["_rid"] == (await items.read())["_rid"]


async def test_containers_are_listed(
    database: DatabaseProxy, items: ContainerProxy, events: ContainerProxy
) -> None:
    names = [container["id"] async for container in database.list_containers()]

    assert names == [items.id, events.id]


async def test_items_of_a_missing_container_are_404(database: DatabaseProxy) -> None:
    with pytest.raises(CosmosResourceNotFoundError):
        await database.get_container_client("nowhere").read_item("a", "a")


def test_a_container_in_a_missing_database_is_404(emulator: Emulator) -> None:
    body = b'{"id": "items", "partitionKey": {"paths": ["/pk"]}}'

    assert emulator.handle("POST", "/dbs/nowhere/colls", {}, body).status == 404


async def test_items_are_deleted_with_their_container(
    database: DatabaseProxy, items: ContainerProxy
) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    await database.delete_container(items.id)
    await database.create_container(items.id, PartitionKey("/pk"))

    with pytest.raises(CosmosResourceNotFoundError):
        await database.get_container_client(items.id).read_item("a", "p")


async def test_an_outdated_container_rid_is_rejected(
    emulator: Emulator, database: DatabaseProxy, items: ContainerProxy
) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    old = (await items.read())["_rid"]
    await database.delete_container(items.id)
    await database.create_container(items.id, PartitionKey("/pk"))
    headers = {
        "x-ms-documentdb-partitionkey": '["p"]',
        "x-ms-cosmos-intended-collection-rid": old,
    }
    response = emulator.handle("GET", "/dbs/db/colls/items/docs/a", headers)

    assert (response.status, response.headers["x-ms-substatus"]) == (400, "1024")


async def test_the_sdk_recovers_after_a_container_is_recreated(
    database: DatabaseProxy, items: ContainerProxy
) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    await database.delete_container(items.id)
    await database.create_container(items.id, PartitionKey("/pk"))
    await items.create_item({"id": "a", "pk": "p"})

    assert (await items.read_item("a", "p"))["id"] == "a"


async def test_a_new_indexing_policy_applies_to_stored_items(
    database: DatabaseProxy, items: ContainerProxy, query: Query
) -> None:
    for number, (a, b) in enumerate([(1, 1), (1, 2), (0, 5)]):
        await items.create_item({"id": str(number), "pk": "p", "a": a, "b": b})
    text = "SELECT VALUE c.id FROM c ORDER BY c.a, c.b DESC"
    with pytest.raises(CosmosHttpResponseError, match="composite index"):
        await query(items, text, "p")
    policy = {"includedPaths": [{"path": "/*"}], "compositeIndexes": COMPOSITE}
    await database.replace_container(items, PartitionKey("/pk"), indexing_policy=policy)

    assert await query(items, text, "p") == ["2", "1", "0"]
    await database.replace_container(items, PartitionKey("/pk"))
    assert await query(items, "SELECT VALUE c.id FROM c WHERE c.a = 0", "p") == ["2"]


async def test_paths_that_differ_only_in_case_are_distinct(
    make_container: MakeContainer, query: Query
) -> None:
    paths = ["/a/?", "/A/?", '/"^a"/?', '/q"q/?']
    container = await make_container(
        indexing_policy={"includedPaths": [{"path": p} for p in paths]}
    )
    await container.create_item({"id": "1", "pk": "p", "a": 1, "A": 2, "^a": 3})

    assert await query(container, "SELECT VALUE c.id FROM c WHERE c.a = 1 AND c.A = 2", "p") == [
        "1"
    ]
    assert await query(container, "SELECT VALUE c.id FROM c WHERE c.A = 1", "p") == []
    assert await query(container, 'SELECT VALUE c.id FROM c WHERE c["^a"] = 3', "p") == ["1"]


async def test_the_partition_key_of_a_container_cannot_change(
    database: DatabaseProxy, items: ContainerProxy
) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        await database.replace_container(items, PartitionKey("/other"))

    assert refused.value.status_code == 400


@pytest.mark.parametrize(
    "definition",
    [
        {"id": "items"},
        {"id": "items", "partitionKey": {"paths": []}},
        {"id": "items", "partitionKey": {"paths": ["pk"]}},
        {"id": "items", "partitionKey": {"paths": ["/a", "/b"], "kind": "Hash"}},
        {"id": "items", "partitionKey": {"paths": ["/a", "/b", "/c", "/d"], "kind": "MultiHash"}},
        {"id": "items", "partitionKey": {"paths": ["/pk"], "kind": "Range"}},
        {"id": "items", "partitionKey": {"paths": ["/pk"], "version": 3}},
        {"id": "items", "partitionKey": {"paths": ["/a"], "kind": "MultiHash", "version": 1}},
        {"id": "items", "partitionKey": {"paths": ["/pk"]}, "defaultTtl": 0},
    ],
)
def test_an_invalid_definition_is_rejected_with_400(
    emulator: Emulator, database: DatabaseProxy, definition: dict[str, Any]
) -> None:
    response = emulator.handle("POST", f"/dbs/{database.id}/colls", {}, orjson.dumps(definition))

    assert response.status == 400


async def test_unchanged_partition_ranges_return_304(
    emulator: Emulator, items: ContainerProxy
) -> None:
    url = f"/dbs/db/colls/{items.id}/pkranges"
    first = emulator.handle("GET", url, {})
    second = emulator.handle("GET", url, {"If-None-Match": first.headers["etag"]})

    assert first.body.count(b'"minInclusive"') == 2
    assert (second.status, second.body) == (304, b"")


class TestIndexingPolicies:
    @pytest.mark.parametrize(
        "policy",
        [
            None,
            {"indexingMode": "Consistent", "automatic": True},
            {"includedPaths": [{"path": "/"}]},
        ],
    )
    async def test_a_policy_is_completed(self, database: DatabaseProxy, policy: Any) -> None:
        await database.create_container("items", PartitionKey("/pk"), indexing_policy=policy)
        stored = (await database.get_container_client("items").read())["indexingPolicy"]

        assert stored == {
            "indexingMode": "consistent",
            "automatic": True,
            "includedPaths": [{"path": "/*"}],
            "excludedPaths": [{"path": '/"_etag"/?'}],
        }

    async def test_nothing_is_indexed_in_the_mode_none(self, database: DatabaseProxy) -> None:
        policy = {"indexingMode": "none", "automatic": False}
        items = await database.create_container("i", PartitionKey("/pk"), indexing_policy=policy)
        stored = (await items.read())["indexingPolicy"]

        assert (stored["includedPaths"], stored["excludedPaths"]) == ([], [])

    @pytest.mark.parametrize("path", [{"path": "a"}, {}, 1])
    async def test_an_invalid_path_is_rejected(self, database: DatabaseProxy, path: Any) -> None:
        policy = {"includedPaths": [path]}
        with pytest.raises(CosmosHttpResponseError) as refused:
            await database.create_container("i", PartitionKey("/pk"), indexing_policy=policy)
        assert refused.value.status_code == 400


async def test_containers_are_queried(database: DatabaseProxy, items: ContainerProxy) -> None:
    found = database.query_containers("SELECT VALUE c.id FROM c WHERE c.id = 'items'")

    assert [name async for name in found] == [items.id]


async def test_the_quota_of_a_container_is_read_on_request(items: ContainerProxy) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    headers = (await items.read(populate_quota_info=True)).get_response_headers()

    assert "documentsCount=1;" in headers["x-ms-resource-usage"]
    assert "documentsCount=-1;" in headers["x-ms-resource-quota"]


async def test_keys_of_hash_version_1_are_supported(
    emulator: Emulator, database: DatabaseProxy, query: Query
) -> None:
    items = await database.create_container("old", PartitionKey("/pk", version=1))
    for n in range(20):
        await items.create_item({"id": str(n), "pk": f"p{n}"})
    emulator.split("db", "old")

    assert (await items.read())["partitionKey"]["version"] == 1
    assert len(await query(items, "SELECT * FROM c ORDER BY c.id")) == 20
    assert (await items.read_item("7", "p7"))["id"] == "7"


async def test_all_items_of_a_partition_key_are_deleted(
    items: ContainerProxy, query: Query
) -> None:
    for n in range(4):
        await items.create_item({"id": str(n), "pk": f"p{n % 2}"})
    await items.delete_all_items_by_partition_key("p0")

    assert sorted(await query(items, "SELECT VALUE c.id FROM c")) == ["1", "3"]


async def test_a_key_of_an_object_is_undefined(database: DatabaseProxy) -> None:
    items = await database.create_container("items", PartitionKey("/address"))
    created = await items.create_item({"id": "a", "address": {"city": "x"}})

    assert created["address"] == {"city": "x"}


async def test_steps_of_a_key_path_may_be_quoted(database: DatabaseProxy) -> None:
    items = await database.create_container("items", PartitionKey("""/"a/b"/'c"d'"""))
    await items.create_item({"id": "a", "a/b": {'c"d': "p"}})

    assert (await items.read_item("a", "p"))["id"] == "a"


async def test_statistics_of_partitions_are_read_on_request(items: ContainerProxy) -> None:
    await items.create_item({"id": "a", "pk": "p"})
    found = await items.read(populate_partition_key_range_statistics=True)

    assert sum(partition["documentCount"] for partition in found["statistics"]) == 1


async def test_a_request_of_more_than_2_mib_is_rejected(items: ContainerProxy) -> None:
    with pytest.raises(CosmosHttpResponseError) as refused:
        await items.create_item({"id": "a", "pk": "p", "text": "é" * 400_000})  # 6 bytes each

    assert refused.value.status_code == 413
