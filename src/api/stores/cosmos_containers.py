"""The containers in Cosmos DB, with their keys, indexing and time to live.

Locally, the app creates the containers from this table. In the cloud, Terraform creates the same
containers. Only the paths that queries use are indexed, because every indexed term of a document
costs 0.2 request units per write.
"""

# pyright: reportUnknownMemberType=false
# Some Pyright checks are off in this module, because parts of Azure's SDK have no type hints.
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

OWN_TTL = -1


@dataclass(frozen=True, slots=True)
class ContainerDefinition:
    """A container. Two key paths form a hierarchical partition key.

    `ttl` is in seconds. If it is None, documents never expire, and with OWN_TTL, only documents
    with a time to live of their own expire.
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
        "events", ("/org_id", "/day"), indexed=("/user_id", "/event_type", "/type"), ttl=OWN_TTL
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
    ContainerDefinition("views", ("/org_id",)),
    ContainerDefinition("alerts", ("/org_id",)),
    ContainerDefinition("quotas", ("/org_id",), ttl=QUOTA_TTL_SECONDS),
    ContainerDefinition("leases", ("/id",)),
)


async def create_containers(client: CosmosClient, database: str) -> None:
    """Create the database and missing containers, and upgrade those of earlier versions.

    This function is used only locally and in tests.
    """
    from api.stores.cosmos_dead_letters import move_rejected  # noqa: PLC0415 - local only

    proxy = await client.create_database_if_not_exists(database)
    existing = {one["id"]: one async for one in proxy.list_containers()}
    for container in CONTAINERS:
        known = existing.get(container.name)
        if known and known.get("defaultTtl") == container.ttl:
            continue
        put = proxy.replace_container if known else proxy.create_container_if_not_exists
        await put(
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
