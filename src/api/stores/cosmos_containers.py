"""The containers in Cosmos DB, with their keys, indexing and time to live.

Locally, the app creates the containers from this table. In the cloud, Terraform creates the same
containers. Only the paths that queries use are indexed, because every indexed term of a document
costs 0.2 request units per write.
"""

from dataclasses import dataclass
from typing import Any

from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient

from api.stores.records import (
    AUDIT_TTL_SECONDS,
    IDEMPOTENCY_TTL_SECONDS,
    INVITATION_TTL_SECONDS,
    QUOTA_TTL_SECONDS,
)


@dataclass(frozen=True, slots=True)
class ContainerDefinition:
    """A container. Two key paths form a hierarchical partition key.

    `ttl` is in seconds; if it is None, documents never expire.
    """

    name: str
    partition_key: tuple[str, ...]
    indexed: tuple[str, ...] = ()
    ttl: int | None = None

    @property
    def indexing_policy(self) -> dict[str, Any]:
        return {
            "indexingMode": "consistent",
            "automatic": True,
            "includedPaths": [{"path": f"{path}/?"} for path in self.indexed],
            "excludedPaths": [{"path": "/*"}],
        }


CONTAINERS = (
    ContainerDefinition(
        "events", ("/org_id", "/day"), indexed=("/user_id", "/event_type", "/type")
    ),
    ContainerDefinition("idempotency", ("/org_id", "/id"), ttl=IDEMPOTENCY_TTL_SECONDS),
    ContainerDefinition("rollups", ("/org_id",)),
    ContainerDefinition("metrics", ("/org_id",)),
    ContainerDefinition("dead_letters", ("/org_id",)),
    ContainerDefinition("organizations", ("/id",)),
    ContainerDefinition("users", ("/id",)),
    ContainerDefinition("memberships", ("/user_id",), indexed=("/org_id",)),
    ContainerDefinition("api_keys", ("/id",), indexed=("/org_id",)),
    ContainerDefinition("invitations", ("/id",), indexed=("/org_id",), ttl=INVITATION_TTL_SECONDS),
    ContainerDefinition("audit", ("/org_id",), indexed=("/pending",), ttl=AUDIT_TTL_SECONDS),
    ContainerDefinition("erasures", ("/org_id",), indexed=("/pending",)),
    ContainerDefinition("quotas", ("/org_id",), ttl=QUOTA_TTL_SECONDS),
    ContainerDefinition("leases", ("/id",)),
)


async def create_containers(client: CosmosClient, database: str) -> None:
    """Create the database and missing containers, and migrate dead letters of earlier versions.

    This function is used only locally and in tests.
    """
    from api.stores.cosmos_dead_letters import move_rejected  # noqa: PLC0415 - local only

    proxy = await client.create_database_if_not_exists(database)
    for container in CONTAINERS:
        await proxy.create_container_if_not_exists(
            container.name,
            _partition_key(container),
            indexing_policy=container.indexing_policy,
            default_ttl=container.ttl,
        )
    await move_rejected(proxy)


def _partition_key(container: ContainerDefinition) -> PartitionKey:
    paths = container.partition_key
    if len(paths) == 1:
        return PartitionKey(paths[0])
    return PartitionKey(list(paths), kind="MultiHash")
