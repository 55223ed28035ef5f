"""Provisioned throughput is stored in offers and determines the number of physical partitions."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from azure.cosmos import PartitionKey, ThroughputProperties
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from cosmos_emulator import Emulator
from cosmos_emulator.transports import AsyncTransport

KEY = PartitionKey("/pk")


@pytest.fixture
def emulator(clock: Callable[[], float]) -> Any:
    emulator = Emulator(clock=clock, partitions=1)
    yield emulator
    emulator.close()


def ranges(emulator: Emulator, name: str) -> list[dict[str, Any]]:
    response = emulator.handle("GET", f"/dbs/db/colls/{name}/pkranges", {})
    return orjson.loads(response.body)["PartitionKeyRanges"]


async def charge(database: DatabaseProxy, **options: Any) -> ThroughputProperties:
    container = await database.create_container("items", KEY, **options)
    return await container.get_throughput()


class TestCreate:
    async def test_a_container_has_400_units_by_default(self, database: DatabaseProxy) -> None:
        assert (await charge(database)).offer_throughput == 400

    async def test_a_container_has_the_requested_throughput(self, database: DatabaseProxy) -> None:
        assert (await charge(database, offer_throughput=1_000)).offer_throughput == 1_000

    async def test_a_container_may_scale_automatically(self, database: DatabaseProxy) -> None:
        wanted = ThroughputProperties(auto_scale_max_throughput=7_000)
        offer = await charge(database, offer_throughput=wanted)

        assert (offer.auto_scale_max_throughput, offer.offer_throughput) == (7_000, None)

    async def test_containers_share_the_throughput_of_their_database(
        self, emulator: Emulator, client: CosmosClient
    ) -> None:
        database = await client.create_database("shared", offer_throughput=500)
        await database.create_container("items", KEY)
        [offer] = orjson.loads(emulator.handle("GET", "/offers", {}).body)["Offers"]

        assert (await database.get_throughput()).offer_throughput == 500
        assert offer["offerResourceId"] == (await database.read())["_rid"]

    @pytest.mark.parametrize("throughput", [300, 450, 1_000_100])
    async def test_an_invalid_throughput_is_rejected(
        self, database: DatabaseProxy, throughput: int
    ) -> None:
        with pytest.raises(CosmosHttpResponseError, match="increments of 100") as refused:
            await database.create_container("items", KEY, offer_throughput=throughput)
        assert refused.value.status_code == 400

    @pytest.mark.parametrize("throughput", [-200, 1_500])
    async def test_an_invalid_autoscale_maximum_is_rejected(
        self, database: DatabaseProxy, throughput: int
    ) -> None:
        wanted = ThroughputProperties(auto_scale_max_throughput=throughput)

        with pytest.raises(CosmosHttpResponseError) as refused:
            await database.create_container("items", KEY, offer_throughput=wanted)
        assert refused.value.status_code == 400

    async def test_a_serverless_account_refuses_throughput(self) -> None:
        emulator = Emulator(serverless=True)
        transport = AsyncTransport(emulator)
        async with CosmosClient(emulator.endpoint, emulator.key, transport=transport) as client:
            with pytest.raises(CosmosHttpResponseError, match="serverless") as refused:
                await client.create_database("db", offer_throughput=400)
            assert refused.value.status_code == 400
            database = await client.create_database("db")
            with pytest.raises(CosmosHttpResponseError, match="serverless"):
                await database.get_throughput()
        emulator.close()


class TestReplace:
    async def test_a_replaced_throughput_is_read_back(self, items: ContainerProxy) -> None:
        replaced = await items.replace_throughput(2_500)

        assert replaced.offer_throughput == 2_500
        assert (await items.get_throughput()).offer_throughput == 2_500

    async def test_the_throughput_of_a_database_can_be_replaced(self, client: CosmosClient) -> None:
        database = await client.create_database("shared", offer_throughput=500)
        await database.replace_throughput(600)

        assert (await database.get_throughput()).offer_throughput == 600

    async def test_throughput_stays_above_a_hundredth_of_its_peak(
        self, items: ContainerProxy
    ) -> None:
        await items.replace_throughput(100_000)

        with pytest.raises(CosmosHttpResponseError, match="at least 1000"):
            await items.replace_throughput(900)
        assert (await items.replace_throughput(1_000)).offer_throughput == 1_000

    async def test_an_offer_can_change_its_kind(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        offer = (await items.get_throughput()).properties
        assert offer
        url, body = f"/{offer['_self']}", orjson.dumps(dict(offer))
        emulator.handle("PUT", url, {"x-ms-cosmos-migrate-offer-to-autopilot": "true"}, body)
        assert (await items.get_throughput()).auto_scale_max_throughput == 1_000
        name = "x-ms-cosmos-migrate-offer-to-manual-throughput"
        emulator.handle("PUT", url, {name: "true"}, body)
        assert (await items.get_throughput()).offer_throughput == 1_000

    async def test_an_outdated_etag_is_rejected_with_412(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        offer = (await items.get_throughput()).properties
        assert offer
        await items.replace_throughput(500)
        headers = {"if-match": offer["_etag"]}
        url, body = f"/{offer['_self']}", orjson.dumps(dict(offer))

        assert emulator.handle("PUT", url, headers, body).status == 412

    async def test_offers_are_listed_and_read(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        [offer] = orjson.loads(emulator.handle("GET", "/offers", {}).body)["Offers"]
        read = orjson.loads(emulator.handle("GET", f"/{offer['_self']}", {}).body)

        assert read == offer
        assert offer["offerResourceId"] == (await items.read())["_rid"]
        assert emulator.handle("GET", "/offers/AAAA", {}).status == 404

    async def test_the_offer_is_deleted_with_its_container(
        self, emulator: Emulator, database: DatabaseProxy, items: ContainerProxy
    ) -> None:
        await database.delete_container(items.id)

        assert orjson.loads(emulator.handle("GET", "/offers", {}).body)["_count"] == 0


class TestPartitions:
    @pytest.mark.parametrize(
        ("throughput", "count"), [(400, 1), (6_000, 1), (12_000, 2), (30_000, 5)]
    )
    async def test_a_new_container_has_a_partition_per_6_000_units(
        self, emulator: Emulator, database: DatabaseProxy, throughput: int, count: int
    ) -> None:
        await charge(database, offer_throughput=throughput)

        assert len(ranges(emulator, "items")) == count

    async def test_partitions_split_when_throughput_exceeds_10_000_units_each(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        await items.replace_throughput(10_000)
        assert [one["parents"] for one in ranges(emulator, "items")] == [[]]
        await items.replace_throughput(11_000)
        assert [one["parents"] for one in ranges(emulator, "items")] == [["0"], ["0"]]
        await items.replace_throughput(25_000)
        assert sorted(len(one["parents"]) for one in ranges(emulator, "items")) == [1, 2, 2]
        await items.replace_throughput(400)
        assert len(ranges(emulator, "items")) == 3

    async def test_a_client_reads_and_writes_while_partitions_split_and_merge(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        documents = [{"id": str(n), "pk": f"p{n}", "n": n} for n in range(40)]
        await asyncio.gather(*map(items.create_item, documents))
        feed = items.query_items_change_feed(start_time="Beginning")
        assert len([item async for item in feed]) == 40
        token = feed_token(items)
        text = "SELECT VALUE c.n FROM c"  # the SDK repeats rows of an ORDER BY during a split
        for change in (emulator.split, emulator.split, emulator.merge):
            change("db", "items")
            assert sorted([n async for n in items.query_items(text)]) == list(range(40))
            assert (await items.read_item("7", "p7"))["n"] == 7
        await items.upsert_item(documents[3])
        resumed = items.query_items_change_feed(continuation=token)
        assert [item["id"] async for item in resumed] == ["3"]

    async def test_pages_of_a_query_continue_after_a_split(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        for n in range(6):
            await items.create_item({"id": str(n), "pk": f"p{n}"})
        pages = items.query_items("SELECT VALUE c.id FROM c", max_item_count=2).by_page()
        found = [item async for item in await anext(pages)]
        emulator.split("db", "items")
        found += [item async for page in pages async for item in page]

        assert sorted(found) == ["0", "1", "2", "3", "4", "5"]

    async def test_splits_are_stored(self, file: Any) -> None:
        for count in (2, 3):
            emulator = Emulator(file, partitions=1)
            if count == 2:
                emulator.handle("POST", "/dbs", {}, b'{"id": "db"}')
                body = b'{"id": "items", "partitionKey": {"paths": ["/pk"]}}'
                emulator.handle("POST", "/dbs/db/colls", {}, body)
            emulator.split("db", "items")
            assert len(ranges(emulator, "items")) == count
            emulator.close()

    async def test_a_partition_that_was_split_is_gone(
        self, emulator: Emulator, items: ContainerProxy
    ) -> None:
        emulator.split("db", items.id)
        headers = {"x-ms-documentdb-partitionkeyrangeid": "0"}
        response = emulator.handle("GET", f"/dbs/db/colls/{items.id}/docs", headers)

        assert (response.status, response.headers["x-ms-substatus"]) == (410, "1002")
        with pytest.raises(ValueError, match="not a physical partition"):
            emulator.split("db", items.id, 0)


def feed_token(container: ContainerProxy) -> str:
    return container.client_connection.last_response_headers["etag"]
