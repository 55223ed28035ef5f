"""Dead letters that an earlier version stored in `rejected` are moved to `dead_letters`."""

from pathlib import Path

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient, DatabaseProxy

from api.backends import open_dynamodb, open_emulated, open_store
from api.domain.rollups import DeadLetter
from api.errors import ConfigurationError
from api.settings import Settings
from api.stores.dynamodb import DynamoDBStore
from api.stores.protocol import RollupStore
from cosmos_emulator import Emulator
from cosmos_emulator.transports import AsyncTransport
from tests.cli.conftest import Run, run
from tests.stores.moto import aws, moto_server, on_dynamodb
from tests.support import ManualClock

__all__ = ["aws", "moto_server", "on_dynamodb", "run"]

ORG = "org_acme"
LETTERS = [
    DeadLetter(ORG, f"2026-03-0{day}", f"delta~{day}", "KeyError('counts')", {"type": "delta"})
    for day in (1, 2, 3)
]


async def fill_rejected(database: DatabaseProxy) -> None:
    """Store the dead letters in the format of the earlier version."""
    rejected = await database.create_container_if_not_exists("rejected", PartitionKey("/org_id"))
    for letter in LETTERS:
        await rejected.create_item(
            {
                "id": f"{letter.day}~{letter.document_id}",
                "org_id": letter.org_id,
                "day": letter.day,
                "document_id": letter.document_id,
                "reason": letter.reason,
                "document": letter.document,
            }
        )


async def names(store: RollupStore) -> set[str]:
    return {container["id"] async for container in store._database.list_containers()}


class TestLocalFile:
    """A data file is migrated when the store is opened."""

    @pytest.fixture
    async def old_file(self, settings: Settings) -> Path:
        file = settings.data_dir / "cosmos.db"
        emulator = Emulator(file)
        transport = AsyncTransport(emulator)
        async with CosmosClient(emulator.endpoint, emulator.key, transport=transport) as client:
            database = await client.create_database_if_not_exists(settings.cosmos_database)
            await fill_rejected(database)
        emulator.close()
        return file

    @pytest.mark.usefixtures("old_file")
    async def test_dead_letters_are_moved_and_the_old_container_is_deleted(
        self, settings: Settings
    ):
        for _ in range(2):
            async with open_store(settings) as store:
                assert await store.find(DeadLetter, ORG) == LETTERS
                assert "rejected" not in await names(store)

    async def test_a_killed_migration_is_completed_by_the_next_start(
        self, settings: Settings, old_file: Path
    ):
        emulator = Emulator(old_file)
        async with open_emulated(settings, emulator) as store:
            await fill_rejected(
                store._database
            )  # as if killed after copying: originals still exist
        emulator.close()
        async with open_store(settings) as store:
            assert await store.find(DeadLetter, ORG) == LETTERS
            assert "rejected" not in await names(store)


class TestCosmosDB:
    async def test_dead_letters_are_copied_once_and_the_old_container_is_kept(
        self, store: RollupStore
    ):
        await fill_rejected(store._database)
        await store.create(LETTERS[0])
        copied = [await store.copy_rejected() for _ in range(2)]

        assert copied == [2, 0]
        assert await store.find(DeadLetter, ORG) == LETTERS
        assert "rejected" in await names(store)

    async def test_without_the_new_container_nothing_is_reported_as_copied(
        self, store: RollupStore
    ):
        await fill_rejected(store._database)
        await store._database.delete_container("dead_letters")

        with pytest.raises(ConfigurationError, match="dead_letters"):
            await store.copy_rejected()

    async def test_a_new_environment_has_nothing_to_copy(self, store: RollupStore):
        assert await store.copy_rejected() == 0


class TestDynamoDB:
    @pytest.fixture
    async def old_tables(self, on_dynamodb: Settings, clock: ManualClock) -> DynamoDBStore:
        async with open_dynamodb(on_dynamodb, now=clock) as store:
            client = store._client
            new = await client.call("describe_table", TableName=client.table("dead_letters"))
            await client.call(
                "create_table",
                TableName=client.table("rejected"),
                BillingMode="PAY_PER_REQUEST",
                **{name: new["Table"][name] for name in ("AttributeDefinitions", "KeySchema")},
            )
            for letter in LETTERS:
                await store.create(letter)
            async for item in client.scan("dead_letters", {}):
                await client.put("rejected", item, "attribute_not_exists(pk)", {})
            for letter in LETTERS[1:]:
                await store.delete(DeadLetter, ORG, f"{letter.day}~{letter.document_id}")
            yield store

    async def test_dead_letters_are_copied_once(self, old_tables: DynamoDBStore):
        copied = [await old_tables.copy_rejected() for _ in range(2)]

        assert copied == [2, 0]
        assert await old_tables.find(DeadLetter, ORG) == LETTERS

    async def test_without_the_new_table_nothing_is_reported_as_copied(
        self, old_tables: DynamoDBStore
    ):
        client = old_tables._client
        await client.call("delete_table", TableName=client.table("dead_letters"))

        with pytest.raises(ConfigurationError, match="dead_letters"):
            await old_tables.copy_rejected()

    async def test_a_new_environment_has_nothing_to_copy(
        self, on_dynamodb: Settings, clock: ManualClock
    ):
        async with open_dynamodb(on_dynamodb, now=clock) as store:
            assert await store.copy_rejected() == 0


def test_the_command_reports_the_number_of_copied_dead_letters(
    run: Run, on_dynamodb: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ANALYTICS_STORE", "dynamodb")
    monkeypatch.setenv("ANALYTICS_DYNAMODB_ENDPOINT", on_dynamodb.dynamodb_endpoint)
    monkeypatch.setenv("ANALYTICS_DATA_DIR", str(on_dynamodb.data_dir))
    result = run("copy-dead-letters")

    assert result.exit_code == 0
    assert result.stdout == "Copied 0 dead letters from `rejected` to `dead_letters`.\n"
