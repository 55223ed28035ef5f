"""Users have permissions, whose resource tokens limit what a client may do."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy, UserProxy
from azure.cosmos.exceptions import (
    CosmosHttpResponseError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from cosmos_emulator import Emulator
from cosmos_emulator.transports import AsyncTransport

from .conftest import MovableClock

type Connect = Callable[[dict[str, str]], AbstractAsyncContextManager[CosmosClient]]
LINK = "dbs/db/colls/items"


@pytest.fixture
async def user(database: DatabaseProxy) -> UserProxy:
    return await database.create_user({"id": "ann"})


@pytest.fixture
def connect(emulator: Emulator) -> Connect:
    """Return a function that connects a client with resource tokens."""

    def connect(tokens: dict[str, str]) -> Any:
        return CosmosClient(emulator.endpoint, tokens, transport=AsyncTransport(emulator))

    return connect


async def token(user: UserProxy, mode: str, resource: str = LINK, **extra: Any) -> str:
    body = {"id": f"{mode} {extra}", "permissionMode": mode, "resource": resource}
    return (await user.create_permission({**body, **extra})).properties["_token"]


async def refused(operation: Any) -> int:
    with pytest.raises(CosmosHttpResponseError) as error:
        await operation
    return int(error.value.status_code or 0)


class TestUsers:
    async def test_a_user_is_created_listed_replaced_and_deleted(
        self, database: DatabaseProxy, user: UserProxy
    ) -> None:
        await database.upsert_user({"id": "bob"})
        found = database.query_users("SELECT * FROM u WHERE u.id = 'bob'")
        assert [one["id"] async for one in found] == ["bob"]
        with pytest.raises(CosmosResourceExistsError):
            await database.create_user({"id": "ann"})
        await database.replace_user("bob", {"id": "eve"})
        assert [one["id"] async for one in database.list_users()] == ["ann", "eve"]
        await database.delete_user("eve")
        with pytest.raises(CosmosResourceNotFoundError):
            await database.get_user_client("eve").read()
        properties = await user.read()
        assert (await database.get_user_client(properties).read())["id"] == "ann"

    async def test_users_and_permissions_are_deleted_with_their_database(
        self, client: CosmosClient, database: DatabaseProxy, user: UserProxy
    ) -> None:
        await token(user, "Read")
        await client.delete_database(database.id)
        again = await client.create_database(database.id)

        assert [one async for one in again.list_users()] == []
        assert [p async for p in (await again.create_user({"id": "ann"})).list_permissions()] == []


class TestPermissions:
    async def test_a_permission_is_created_listed_replaced_and_deleted(
        self, user: UserProxy
    ) -> None:
        body = {"id": "p", "permissionMode": "Read", "resource": LINK}
        created = await user.create_permission(body)
        assert (await user.get_permission("p")).permission_mode == "Read"
        with pytest.raises(CosmosResourceExistsError):
            await user.create_permission({**body, "id": "other"})
        await user.replace_permission("p", {**created.properties, "permissionMode": "All"})
        await user.upsert_permission({**body, "id": "q", "resource": LINK + "2"})
        assert [p["permissionMode"] async for p in user.list_permissions()] == ["All", "Read"]
        await user.delete_permission("p")
        found = user.query_permissions("SELECT * FROM p WHERE p.id = 'p'")
        assert [p async for p in found] == []

    @pytest.mark.parametrize(
        "body", [{"id": "p"}, {"id": "p", "permissionMode": "Write", "resource": LINK}]
    )
    async def test_an_invalid_permission_is_rejected(
        self, user: UserProxy, body: dict[str, Any]
    ) -> None:
        assert await refused(user.create_permission(body)) == 400


class TestTokens:
    @pytest.mark.parametrize("mode", ["Read", "read"])
    async def test_a_read_token_reads_but_does_not_write(
        self, user: UserProxy, items: ContainerProxy, connect: Connect, mode: str
    ) -> None:
        await items.create_item({"id": "a", "pk": "p"})
        async with connect({LINK: await token(user, mode)}) as client:
            seen = client.get_database_client("db").get_container_client("items")
            assert (await seen.read_item("a", "p"))["id"] == "a"
            query = seen.query_items("SELECT VALUE c.id FROM c", partition_key="p")
            assert [found async for found in query] == ["a"]
            assert await refused(seen.create_item({"id": "b", "pk": "p"})) == 403
            assert await refused(seen.delete_item("a", "p")) == 403

    async def test_a_token_may_be_limited_to_an_item(
        self, user: UserProxy, items: ContainerProxy, connect: Connect
    ) -> None:
        for name in ("a", "b"):
            await items.create_item({"id": name, "pk": "p"})
        link = f"{LINK}/docs/a"
        async with connect({link: await token(user, "All", link)}) as client:
            seen = client.get_database_client("db").get_container_client("items")
            assert (await seen.read_item("a", "p"))["id"] == "a"
            await seen.delete_item("a", "p")
            assert await refused(seen.read_item("b", "p")) in (401, 403)

    async def test_a_token_is_valid_only_for_its_resource(
        self, user: UserProxy, items: ContainerProxy, connect: Connect
    ) -> None:
        own = (await items.read())["_self"]
        async with connect({LINK: await token(user, "All", own)}) as client:
            seen = client.get_database_client("db")
            await seen.get_container_client("items").create_item({"id": "b", "pk": "p"})
            assert await refused(seen.get_container_client("items2").read()) in (401, 403)
            assert await refused(seen.read()) in (401, 403)

    @pytest.mark.usefixtures("items")
    async def test_a_token_may_be_limited_to_a_partition_key(
        self, user: UserProxy, connect: Connect
    ) -> None:
        limited = await token(user, "All", resourcePartitionKey=["p"])
        async with connect({LINK: limited}) as client:
            seen = client.get_database_client("db").get_container_client("items")
            await seen.create_item({"id": "a", "pk": "p"})
            assert await refused(seen.create_item({"id": "a", "pk": "q"})) == 403

    @pytest.mark.usefixtures("items")
    async def test_a_token_expires(
        self, clock: MovableClock, user: UserProxy, connect: Connect
    ) -> None:
        async with connect({LINK: await token(user, "All")}) as client:
            seen = client.get_database_client("db").get_container_client("items")
            await seen.create_item({"id": "a", "pk": "p"})
            clock.forward(3_600)
            assert await refused(seen.read_item("a", "p")) == 403

    @pytest.mark.usefixtures("items")
    async def test_a_forged_token_is_rejected(self, user: UserProxy, emulator: Emulator) -> None:
        forged = (await token(user, "Read"))[:-4] + "AAA;"
        response = emulator.handle("GET", f"/{LINK}", {"authorization": forged})

        assert response.status == 401
