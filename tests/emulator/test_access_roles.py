"""A principal has the permissions of its roles. The SDK reports the errors of Cosmos DB."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from itertools import count
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

from cosmos_emulator import Emulator
from cosmos_emulator.access import (
    CREATE,
    DATA_ACTIONS,
    DELETE,
    EXECUTE_QUERY,
    READ,
    READ_CHANGE_FEED,
    READ_METADATA,
    REPLACE,
    REQUIRED_ACTIONS,
    TOKEN_SECONDS,
    UPSERT,
    Credential,
    Role,
)
from cosmos_emulator.routes import ROUTES
from cosmos_emulator.transports import AsyncTransport
from tests.emulator.conftest import MovableClock, paged

ORG = ["o", "d"]
KEY_ONLY = {
    "create_database",
    "delete_database",
    "create_container",
    "replace_container",
    "delete_container",
    "query_offers",
    "list_offers",
    "read_offer",
    "replace_offer",
    "delete_partition_key",
    "execute_stored_procedure",
    *(
        f"{action}_{kind}{'s' * (action in ('query', 'list'))}"
        for kind in ("user", "permission", "stored_procedure", "trigger", "user_defined_function")
        for action in ("query", "create", "list", "read", "replace", "delete")
    ),
    *("query_conflicts", "list_conflicts", "read_conflict", "delete_conflict"),
}

type Connect = Callable[..., AbstractAsyncContextManager[CosmosClient]]


@pytest.fixture
async def events(make_container: Callable[..., Awaitable[ContainerProxy]]) -> ContainerProxy:
    """Return a container with an item `1`, created with the account's key."""
    events = await make_container("events", "/org_id", "/day")
    await events.create_item(document("1"))
    return events


@pytest.fixture
def connect(emulator: Emulator) -> Connect:
    """Return a function that connects a client as a new principal with these roles."""
    numbers = count()

    @asynccontextmanager
    async def connect(*roles: Role) -> AsyncGenerator[CosmosClient]:
        principal = f"principal-{next(numbers)}"
        for role in roles:
            emulator.assign(principal, role)
        transport = AsyncTransport(emulator)
        credential = emulator.credential(principal)
        async with CosmosClient(emulator.endpoint, credential, transport=transport) as client:
            yield client

    return connect


def document(name: str) -> dict[str, Any]:
    return {"id": name, "org_id": "o", "day": "d"}


def role(*actions: str, scope: str = "/") -> Role:
    return Role(frozenset(actions), scope)


def container_of(client: CosmosClient, name: str = "events") -> ContainerProxy:
    return client.get_database_client("db").get_container_client(name)


async def changes(events: ContainerProxy) -> list[Any]:
    return [item async for item in events.query_items_change_feed(start_time="Beginning")]


async def everything(events: ContainerProxy) -> list[Any]:
    return [item async for item in events.read_all_items()]


def batch(kind: str, *arguments: Any) -> Callable[[ContainerProxy], Awaitable[Any]]:
    return lambda events: events.execute_item_batch([(kind, arguments)], ORG)


QUERY = (EXECUTE_QUERY, READ_CHANGE_FEED)
ADD = [{"op": "set", "path": "/n", "value": 1}]
OPERATIONS: dict[str, tuple[tuple[str, ...], Callable[[ContainerProxy], Awaitable[Any]]]] = {
    "create": ((CREATE,), lambda events: events.create_item(document("2"))),
    "read": ((READ,), lambda events: events.read_item("1", ORG)),
    "replace": ((REPLACE,), lambda events: events.replace_item("1", document("1"))),
    "patch": ((REPLACE,), lambda events: events.patch_item("1", ORG, ADD)),
    "upsert": ((UPSERT,), lambda events: events.upsert_item(document("1"))),
    "delete": ((DELETE,), lambda events: events.delete_item("1", ORG)),
    "query on a key": (QUERY, lambda events: paged(events, "SELECT * FROM c", ORG)),
    "query on a prefix": (QUERY, lambda events: paged(events, "SELECT * FROM c", ["o"])),
    "query everywhere": (QUERY, lambda events: paged(events, "SELECT * FROM c ORDER BY c.id")),
    "change feed": ((READ_CHANGE_FEED,), changes),
    "read feed": ((READ_CHANGE_FEED,), everything),
    "batch of create": ((CREATE,), batch("create", document("2"))),
    "batch of read": ((READ,), batch("read", "1")),
    "batch of replace": ((REPLACE,), batch("replace", "1", document("1"))),
    "batch of patch": ((REPLACE,), batch("patch", "1", ADD)),
    "batch of upsert": ((UPSERT,), batch("upsert", document("1"))),
    "batch of delete": ((DELETE,), batch("delete", "1")),
}


class TestActions:
    @pytest.mark.parametrize("operation", OPERATIONS)
    async def test_the_required_actions_suffice_for_an_operation(
        self, events: ContainerProxy, connect: Connect, operation: str
    ) -> None:
        actions, run = OPERATIONS[operation]
        async with connect(role(READ_METADATA, *actions, scope="/dbs/db/colls/events")) as client:
            await run(container_of(client, events.id))

    @pytest.mark.parametrize("operation", OPERATIONS)
    async def test_an_operation_fails_without_any_of_its_required_actions(
        self, events: ContainerProxy, connect: Connect, operation: str
    ) -> None:
        actions, run = OPERATIONS[operation]
        for missing in actions:
            async with connect(Role(DATA_ACTIONS - {missing})) as client:
                with pytest.raises(CosmosHttpResponseError) as refused:
                    await run(container_of(client, events.id))
            assert (refused.value.status_code, refused.value.sub_status) == (403, 5302)
            assert f"perform action [{missing}]" in refused.value.message

    async def test_a_batch_requires_the_actions_of_all_its_operations(
        self, events: ContainerProxy, connect: Connect
    ) -> None:
        async with connect(role(READ_METADATA, CREATE)) as client:
            both = [("create", (document("2"),)), ("delete", ("1",))]
            with pytest.raises(CosmosHttpResponseError, match="items/delete"):
                await container_of(client).execute_item_batch(both, ORG)

        assert [item["id"] for item in await everything(events)] == ["1"]

    def test_every_operation_lists_its_actions_or_requires_the_key(self) -> None:
        assert {route.operation for route in ROUTES} == {
            *(REQUIRED_ACTIONS | dict.fromkeys(KEY_ONLY)),
            "batch",
            "bulk",
        }
        assert not KEY_ONLY & set(REQUIRED_ACTIONS)

    async def test_interceptors_are_not_called_for_unauthorised_requests(
        self, emulator: Emulator, events: ContainerProxy, connect: Connect
    ) -> None:
        async with connect(role(READ_METADATA)) as client:
            emulator.interceptors.append(lambda _: pytest.fail("the interceptor was called"))
            with pytest.raises(CosmosHttpResponseError, match="items/read"):
                await container_of(client, events.id).read_item("1", ORG)


class TestScopes:
    @pytest.mark.parametrize("scope", ["/", "/dbs/db", "/dbs/db/colls/events"])
    async def test_a_role_applies_within_its_scope(
        self, events: ContainerProxy, connect: Connect, scope: str
    ) -> None:
        async with connect(role(READ_METADATA, READ, scope=scope)) as client:
            assert await container_of(client, events.id).read_item("1", ORG)

    @pytest.mark.parametrize(
        "scope", ["/dbs/d", "/dbs/other", "/dbs/db/colls/event", "/dbs/db/colls/items"]
    )
    async def test_a_role_does_not_apply_outside_its_scope(
        self, events: ContainerProxy, connect: Connect, scope: str
    ) -> None:
        async with connect(role(READ_METADATA), role(READ, scope=scope)) as client:
            with pytest.raises(CosmosHttpResponseError, match=r"\[/dbs/db/colls/events\]"):
                await container_of(client, events.id).read_item("1", ORG)

    async def test_permission_for_a_containers_metadata_includes_the_account(
        self, events: ContainerProxy, connect: Connect
    ) -> None:
        async with connect(role(READ_METADATA, scope="/dbs/db/colls/events")) as client:
            await container_of(client, events.id).read()
            with pytest.raises(CosmosHttpResponseError, match=r"\[/dbs/db\]"):
                await client.get_database_client("db").read()

    async def test_a_container_addressed_by_rid_is_outside_container_scopes(
        self, events: ContainerProxy, connect: Connect
    ) -> None:
        definition = await events.read()
        _, database, _, container = definition["_self"].strip("/").split("/")
        only = role(READ, scope="/dbs/db/colls/events")
        async with connect(role(READ_METADATA), only) as client:
            by_rid = client.get_database_client(database).get_container_client(container)
            with pytest.raises(CosmosHttpResponseError, match="items/read"):
                await by_rid.read_item("1", ORG)


class TestManagement:
    @pytest.mark.parametrize(
        "manage",
        [
            lambda client: client.create_database("new"),
            lambda client: client.delete_database("db"),
            lambda client: client.get_database_client("db").create_container(
                "new", PartitionKey("/pk")
            ),
            lambda client: client.get_database_client("db").delete_container("events"),
            lambda client: client.get_database_client("db").replace_container(
                "events", PartitionKey(["/org_id", "/day"], kind="MultiHash"), default_ttl=1
            ),
            lambda client: client.get_database_client("db").get_throughput(),
        ],
        ids=["create database", "delete database", "create", "delete", "replace", "throughput"],
    )
    async def test_management_operations_require_the_key(
        self, events: ContainerProxy, connect: Connect, manage: Callable[[CosmosClient], Any]
    ) -> None:
        async with connect(Role(DATA_ACTIONS)) as client:
            with pytest.raises(
                CosmosHttpResponseError, match="cannot be authorized by AAD token in data plane"
            ) as refused:
                await manage(client)
        assert (refused.value.status_code, refused.value.sub_status) == (403, 5300)
        assert await everything(events)


class TestRoles:
    @pytest.mark.parametrize(
        "action",
        [
            "*",
            "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/*",
            "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/*",
            "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/write",
            "items/read",
        ],
    )
    def test_wildcards_and_unknown_actions_are_rejected(self, action: str) -> None:
        with pytest.raises(ValueError, match="not a data action"):
            Role(frozenset({action}))

    @pytest.mark.parametrize(
        "scope",
        ["", "db", "/dbs", "/dbs/", "/dbs/db/", "/dbs/db/colls", "/sqlDatabases/db/containers/c"],
    )
    def test_invalid_scopes_are_rejected(self, scope: str) -> None:
        with pytest.raises(ValueError, match="not a scope"):
            Role(frozenset(), scope)

    async def test_a_principal_without_roles_cannot_read_the_account(
        self, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AZURE_COSMOS_HEALTH_CHECK_RETRY_AFTER_MS", "1")
        with pytest.raises(CosmosHttpResponseError, match="on any scope") as refused:
            async with connect():
                pass
        assert (refused.value.status_code, refused.value.sub_status) == (403, 5301)


class TestTokens:
    async def status(self, emulator: Emulator, token: str) -> tuple[int, str]:
        headers = {"authorization": f"type=aad&ver=1.0&sig={token}"}
        response = emulator.handle("GET", "/", headers)
        return response.status, response.headers.get("x-ms-substatus", "")

    @pytest.fixture
    async def token(self, emulator: Emulator) -> str:
        emulator.assign("me", role(READ_METADATA))
        return await issued(emulator.credential("me"))

    async def test_a_token_expires_after_an_hour_of_the_emulators_clock(
        self, emulator: Emulator, clock: MovableClock, token: str
    ) -> None:
        clock.forward(TOKEN_SECONDS - 1)
        assert await self.status(emulator, token) == (200, "")
        clock.forward(1)
        assert await self.status(emulator, token) == (401, "5006")

    async def test_a_client_requests_a_new_token_before_it_expires(
        self, events: ContainerProxy, connect: Connect, clock: MovableClock
    ) -> None:
        async with connect(role(READ_METADATA, READ)) as client:
            for _ in range(2):
                assert await container_of(client, events.id).read_item("1", ORG)
                clock.forward(TOKEN_SECONDS)

    async def test_an_altered_token_is_rejected_with_401(
        self, emulator: Emulator, token: str
    ) -> None:
        head, claims, signature = token.split(".")
        _, other_claims, _ = (await issued(emulator.credential("you"))).split(".")

        for forged in (
            f"{head}.{other_claims}.{signature}",
            f"{head}.{claims}.",
            f"{claims}.{signature}",
            f"é{token}",
            "x",
        ):
            assert await self.status(emulator, forged) == (401, "5004")

    async def test_a_token_of_another_account_is_rejected_with_401(
        self, emulator: Emulator
    ) -> None:
        with closing(Emulator(clock=lambda: 0)) as other:
            token = await issued(other.credential("me"))

        assert await self.status(emulator, token) == (401, "5008")


async def issued(credential: Credential) -> str:
    async with credential:
        return (await credential.get_token("https://local/.default")).token
