"""The tables in DynamoDB: keys, index, stream, time to live. Locally the app creates them from this
list; in the cloud, Terraform creates the same ones.

Every key is two strings: the partition (`pk`), and the item within it (`sk`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from api.stores.dynamodb_client import DynamoDBClient
from api.stores.dynamodb_errors import error_code

DAY_SECONDS = 24 * 60 * 60
UNFOLDED_INDEX = "unfolded"  # sparse: only deltas carry the attribute, their pk


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The first `partition_parts` parts of a record's key form its pk."""

    name: str
    partition_parts: int = 1
    ttl: int | None = None  # seconds; None: for ever
    index: str | None = None  # holds only keys, by the attribute of this name
    has_stream: bool = False

    def key(self, parts: Sequence[str]) -> dict[str, str]:
        """Return the item's key for a record's key: owner, then id."""
        return {"pk": "#".join(parts[: self.partition_parts]), "sk": parts[-1]}


TABLES = (
    Table("events", index=UNFOLDED_INDEX, has_stream=True),  # pk: org#day
    Table("days"),  # the days of an organisation that hold events, for listings
    Table("idempotency", partition_parts=2, ttl=DAY_SECONDS),
    Table("rollups"),
    Table("metrics"),
    Table("dead_letters"),
    Table("organizations"),
    Table("users"),
    Table("memberships"),
    Table("api_keys", index="org_id"),
    Table("leases"),
)


async def create_tables(client: DynamoDBClient) -> None:
    """Create the missing tables, for local work and tests."""
    for table in TABLES:
        try:
            await _create(client, table)
        except ClientError as error:
            if error_code(error) != "ResourceInUseException":  # it exists
                raise


async def _create(client: DynamoDBClient, table: Table) -> None:
    name = client.table(table.name)
    keyed = ["pk", "sk", *([table.index] if table.index else [])]
    await client.call(
        "create_table",
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keyed],
        KeySchema=[_key("pk", "HASH"), _key("sk", "RANGE")],
        **_options(table),
    )
    if table.ttl:
        await client.call(
            "update_time_to_live",
            TableName=name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"},
        )


def _options(table: Table) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if table.has_stream:
        options["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    if table.index:
        index = {
            "IndexName": table.index,
            "KeySchema": [_key(table.index, "HASH")],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
        options["GlobalSecondaryIndexes"] = [index]
    return options


def _key(attribute: str, key_type: str) -> dict[str, str]:
    return {"AttributeName": attribute, "KeyType": key_type}
