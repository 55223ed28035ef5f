"""The tables in DynamoDB, with their keys, indexes, streams and time to live.

Locally, the app creates the tables from this list. In the cloud, Terraform creates the same tables.
Every key consists of two strings: the partition (`pk`), and the item within the partition (`sk`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from api.stores.dynamodb_client import DynamoDBClient
from api.stores.dynamodb_errors import error_code
from api.stores.records import (
    AUDIT_TTL_SECONDS,
    IDEMPOTENCY_TTL_SECONDS,
    INVITATION_TTL_SECONDS,
    QUOTA_TTL_SECONDS,
)

UNFOLDED_INDEX = "unfolded"  # sparse, because only deltas have the attribute


@dataclass(frozen=True, slots=True)
class Table:
    """A table. The first `partition_parts` parts of a record's key form the item's `pk`."""

    name: str
    partition_parts: int = 1
    ttl: int | None = None  # seconds; None: items don't expire, or have their own time
    expires: bool = False  # whether items can have their own time to live
    index: str | None = None  # an attribute with an index, which contains only keys
    has_stream: bool = False

    def key(self, parts: Sequence[str]) -> dict[str, str]:
        """Return the item's key for a record's key, which consists of owner and id."""
        return {"pk": "#".join(parts[: self.partition_parts]), "sk": parts[-1]}


TABLES = (
    Table("events", index=UNFOLDED_INDEX, has_stream=True, expires=True),  # pk: org#day
    Table("days", expires=True),  # the days on which an organisation has events, for listings
    Table("idempotency", partition_parts=2, ttl=IDEMPOTENCY_TTL_SECONDS),
    Table("rollups"),
    Table("metrics"),
    Table("dead_letters"),
    Table("organizations"),
    Table("users"),
    Table("memberships", index="org_id"),
    Table("api_keys", index="org_id"),
    Table("invitations", ttl=INVITATION_TTL_SECONDS, index="org_id"),
    Table("audit", ttl=AUDIT_TTL_SECONDS, index="pending"),
    Table("erasures", index="pending"),
    Table("views"),
    Table("alerts"),
    Table("quotas", ttl=QUOTA_TTL_SECONDS),
    Table("leases"),
)


async def create_tables(client: DynamoDBClient) -> None:
    """Create the missing tables. This function is used only locally and in tests."""
    for table in TABLES:
        try:
            await _create(client, table)
        except ClientError as error:
            if error_code(error) != "ResourceInUseException":  # the table exists
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
    if table.ttl or table.expires:
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
