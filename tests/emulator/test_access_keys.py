"""With `checks_keys`, the emulator accepts only requests that are signed with the key."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

import orjson
import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import CosmosHttpResponseError
from httpx2 import ASGITransport, AsyncClient

from cosmos_emulator import Emulator, Request
from cosmos_emulator.access import Access
from cosmos_emulator.asgi import application
from cosmos_emulator.errors import CosmosError
from cosmos_emulator.transports import AsyncTransport

# https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources
DOCUMENTED_KEY = (
    "dsZQi3KtZmCv1ljt3VNWNm7sQUF1y5rJfC6kv5JiwvW0EndXdDku/dkKBp8/ufDToSxLzR4y+O/0H/t4bQtVNw=="
)
DOCUMENTED_DATE, DOCUMENTED_SECONDS = "Thu, 27 Apr 2017 00:51:12 GMT", 1_493_254_272
DOCUMENTED_SIGNATURE = (
    "type%3dmaster%26ver%3d1.0%26sig%3dc09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu%2bc%2bc%3d"
)
ODD_IDS = ["plain", "é ü", "50% off", "a+b", "a&b=c", "[x]", "~-_.!*'()"]


@pytest.fixture
def emulator() -> Generator[Emulator]:
    """Return an emulator with the wall clock, which the SDK uses to sign requests."""
    emulator = Emulator(checks_keys=True)
    yield emulator
    emulator.close()


class TestTheSdk:
    async def test_every_kind_of_request_has_a_valid_signature(
        self, client: CosmosClient, query: Callable[..., Any]
    ) -> None:
        database = await client.create_database_if_not_exists("db")
        key = PartitionKey(["/org_id", "/day"], kind="MultiHash")
        items = await database.create_container_if_not_exists("Items", key)
        document = {"id": "1", "org_id": "o", "day": "d"}
        await items.create_item(document)
        await items.upsert_item(document)
        await items.replace_item("1", document | {"n": 1})
        await items.patch_item("1", ["o", "d"], [{"op": "set", "path": "/n", "value": 2}])
        await items.execute_item_batch([("read", ("1",))], ["o", "d"])
        await items.read_item("1", ["o", "d"])

        assert await query(items, "SELECT VALUE c.n FROM c", ["o", "d"]) == [2]
        assert await query(items, "SELECT VALUE c.n FROM c ORDER BY c.n") == [2]
        assert [item["n"] async for item in items.read_all_items()] == [2]
        assert [i["n"] async for i in items.query_items_change_feed(start_time="Beginning")] == [2]
        assert [found["id"] async for found in client.list_databases()] == ["db"]
        assert [found["id"] async for found in database.list_containers()] == ["Items"]
        await items.delete_item("1", ["o", "d"])
        await database.replace_container("Items", key, default_ttl=5)
        await database.delete_container("Items")
        await client.delete_database("db")

    @pytest.mark.parametrize("name", ODD_IDS)
    async def test_signatures_cover_unquoted_ids(self, items: ContainerProxy, name: str) -> None:
        await items.create_item({"id": name, "pk": "p"})

        assert (await items.read_item(name, "p"))["id"] == name

    async def test_items_are_addressed_by_their_resource_ids(self, items: ContainerProxy) -> None:
        created = await items.create_item({"id": "a", "pk": "p"})
        patch = [{"op": "set", "path": "/n", "value": 1}]
        await items.patch_item(created, "p", patch)
        await items.replace_item(created, {"id": "a", "pk": "p", "n": 2})

        assert (await items.read_item(created, "p"))["n"] == 2
        await items.delete_item(created, "p")

    async def test_a_read_only_key_reads_but_does_not_write(
        self, emulator: Emulator, database: DatabaseProxy, items: ContainerProxy
    ) -> None:
        await items.create_item({"id": "a", "pk": "p"})
        transport = AsyncTransport(emulator)
        async with CosmosClient(
            emulator.endpoint, emulator.read_only_key, transport=transport
        ) as reader:
            seen = reader.get_database_client(database.id).get_container_client(items.id)
            assert (await seen.read_item("a", "p"))["id"] == "a"
            assert [n async for n in seen.query_items("SELECT VALUE c.id FROM c")] == ["a"]
            assert [item["id"] async for item in seen.query_items_change_feed()] == []
            with pytest.raises(CosmosHttpResponseError, match="The wrong key") as refused:
                await seen.create_item({"id": "b", "pk": "p"})
            assert refused.value.status_code == 401

    async def test_an_account_may_have_another_key(self) -> None:
        emulator = Emulator(key="b3RoZXI=", checks_keys=True)
        transport = AsyncTransport(emulator)
        async with CosmosClient(emulator.endpoint, "b3RoZXI=", transport=transport) as client:
            await client.create_database("db")
        emulator.close()
        with pytest.raises(ValueError, match="base64"):
            Emulator(key="no base64!")

    async def test_a_wrong_key_is_rejected_with_401(self, emulator: Emulator) -> None:
        transport = AsyncTransport(emulator)
        client = CosmosClient(emulator.endpoint, "b3RoZXI=", transport=transport)

        with pytest.raises(CosmosHttpResponseError, match="The wrong key is being used") as refused:
            await client.create_database("db")
        assert refused.value.status_code == 401


def access(seconds: float = DOCUMENTED_SECONDS) -> Access:
    """Return an `Access` whose key is that of Microsoft's documented example."""
    return Access(DOCUMENTED_KEY, "https://x/", lambda: seconds, checks_keys=True)


def documented_request(**changes: Any) -> Request:
    """Return the request of Microsoft's example with these changes."""
    headers = {"authorization": DOCUMENTED_SIGNATURE, "x-ms-date": DOCUMENTED_DATE}
    given = {"method": "GET", "url": "/dbs/ToDoList", "headers": headers, "body": b""}
    return Request(**given | changes)


def signed(payload: str, header: str, *, date: str = DOCUMENTED_DATE) -> dict[str, str]:
    """Return the headers of a request with a signature of this payload and this date header."""
    message = payload.format(date=date.lower()).encode()
    signature = b64encode(hmac.digest(b64decode(DOCUMENTED_KEY), message, "sha256")).decode()
    return {"authorization": f"type=master&ver=1.0&sig={signature}", header: date}


class TestSignatures:
    def test_the_documented_example_is_accepted(self) -> None:
        access().check(documented_request())

    @pytest.mark.parametrize(
        "changes",
        [
            {"method": "DELETE"},
            {"url": "/dbs/todolist"},
            {"url": "/dbs"},
            {"url": "/dbs/ToDoList/colls"},
            {
                "headers": {
                    "authorization": DOCUMENTED_SIGNATURE,
                    "x-ms-date": "Thu, 27 Apr 2017 00:51:13 GMT",
                }
            },
            {"headers": {"authorization": DOCUMENTED_SIGNATURE}},
        ],
        ids=["verb", "link", "feed", "other feed", "date", "no date"],
    )
    def test_the_signature_is_invalid_for_any_other_request(self, changes: dict[str, Any]) -> None:
        with pytest.raises(CosmosError, match="the following payload to sign") as refused:
            access().check(documented_request(**changes))
        assert refused.value.status == 401

    def test_the_date_header_is_used_if_x_ms_date_is_missing(self) -> None:
        access().check(Request("GET", "/", signed("get\n\n\n\n{date}\n", "date"), b""))

    def test_an_invalid_date_is_rejected_with_401(self) -> None:
        headers = signed("get\n\n\n{date}\n\n", "x-ms-date", date="yesterday")

        with pytest.raises(CosmosError, match="The input date header is invalid") as refused:
            access().check(Request("GET", "/", headers, b""))
        assert refused.value.status == 401

    @pytest.mark.parametrize("seconds", [-900, 900])
    def test_a_clock_skew_of_15_minutes_is_accepted(self, seconds: float) -> None:
        access(DOCUMENTED_SECONDS + seconds).check(documented_request())

    @pytest.mark.parametrize("seconds", [-901, 901])
    def test_a_larger_skew_is_rejected_with_403_and_all_three_times(self, seconds: float) -> None:
        with pytest.raises(CosmosError, match="not valid at the current time") as refused:
            access(DOCUMENTED_SECONDS + seconds).check(documented_request())
        assert refused.value.status == 403
        assert "token start time: Thu, 27 Apr 2017 00:36:12 GMT" in refused.value.message


class TestResponses:
    @pytest.mark.parametrize(
        ("headers", "message", "substatus"),
        [
            ({}, "Required Header authorization is missing", "5000"),
            ({"Authorization": "Bearer x"}, "not in the expected format", "5001"),
            ({"Authorization": "type=master&ver=2.0&sig=x"}, "not in the expected format", "5001"),
        ],
    )
    def test_a_missing_signature_is_rejected_in_the_format_of_cosmos_db(
        self, emulator: Emulator, headers: dict[str, str], message: str, substatus: str
    ) -> None:
        response = emulator.handle("GET", "/dbs", headers | {"x-ms-activity-id": "a-1"})
        body = orjson.loads(response.body)

        assert (response.status, response.headers["x-ms-substatus"]) == (401, substatus)
        assert body["code"] == "Unauthorized"
        assert message in body["message"]
        assert body["message"].endswith("ActivityId: a-1")

    def test_in_process_requests_need_no_signature(self) -> None:
        with closing(Emulator()) as emulator:
            assert emulator.handle("GET", "/dbs", {}).status == 200

    async def test_the_server_requires_a_signature(self, emulator: Emulator) -> None:
        transport = ASGITransport(application(emulator))
        async with AsyncClient(transport=transport, base_url=emulator.endpoint) as http:
            assert (await http.get("/dbs")).status_code == 401

    def test_a_probe_needs_no_key(self, emulator: Emulator) -> None:
        assert emulator.handle("GET", "/", {}).status == 200
        assert emulator.handle("GET", "/", {"x-ms-version": "2020-07-15"}).status == 401
        forged = {"authorization": "type=master&ver=1.0&sig=x", "x-ms-date": DOCUMENTED_DATE}
        assert emulator.handle("GET", "/", forged).status == 401
