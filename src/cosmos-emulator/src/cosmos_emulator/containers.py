"""Container definitions: partition key, indexing policy, time to live and unique keys."""

import base64
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cosmos_emulator.definitions import check_shape
from cosmos_emulator.errors import bad_request
from cosmos_emulator.partitions import PartitionKeyDefinition, PhysicalPartition, steps_of
from cosmos_emulator.query.resolve import Schema
from cosmos_emulator.query.schema import schema_of
from cosmos_emulator.query.table import IndexingPolicy, Table
from cosmos_emulator.query.values import Json, PropertyPath, is_object, is_whole

NAME_FORBIDDEN = frozenset("/\\?#")
NAME_LENGTH_MAX = 255
TTL_SECONDS_MAX = (1 << 31) - 1


def rid(*numbers: int) -> str:
    """Return a resource id: 4 bytes for a database, 8 for a container and 16 for an item."""
    widths = (4, 4, 8)
    raw = b"".join(n.to_bytes(w, "big") for n, w in zip(numbers, widths, strict=False))
    return base64.b64encode(raw, b"+-").decode()


def checked_name(body: Json) -> str:
    """Return the `id` of a database or container. Raises 400 if the `id` is invalid."""
    name = body.get("id") if is_object(body) else None
    if not isinstance(name, str) or not name or len(name) > NAME_LENGTH_MAX:
        raise bad_request(
            "The input name is invalid. Ensure to provide a unique non-empty string less than '255'"
            " characters."
        )
    if not NAME_FORBIDDEN.isdisjoint(name) or name.endswith(" "):
        raise bad_request(f"The input name '{name}' is invalid: it contains illegal characters.")
    return name


@dataclass(frozen=True)
class Container:
    """An immutable container with its JSON definition.

    A change to a container's definition creates a new `Container` object.
    """

    number: int  # unique in the file, never reused
    database: str
    database_number: int
    definition: Mapping[str, Any]
    partitions: tuple[PhysicalPartition, ...]

    @property
    def name(self) -> str:
        return self.definition["id"]

    @cached_property
    def rid(self) -> str:
        return rid(self.database_number, self.number)

    @cached_property
    def rid_bytes(self) -> bytes:
        return base64.b64decode(self.rid, b"+-")

    @cached_property
    def link(self) -> str:
        """Return `dbs/<rid>/colls/<rid>/`, the beginning of an item's `_self` property."""
        return f"dbs/{rid(self.database_number)}/colls/{self.rid}/"

    @cached_property
    def path(self) -> str:
        return f"dbs/{self.database}/colls/{self.name}"

    @cached_property
    def partition_key(self) -> PartitionKeyDefinition:
        return PartitionKeyDefinition.of(self.definition["partitionKey"])

    @cached_property
    def default_ttl(self) -> int | None:
        """Return the container's default time to live in seconds.

        The value -1 means that only items with a `ttl` expire. None means that no item expires.
        """
        return self.definition.get("defaultTtl")

    @cached_property
    def retention_seconds(self) -> int | None:
        """Return how long all versions of items are kept for the change feed, or None."""
        policy: dict[str, Any] = self.definition.get("changeFeedPolicy") or {}
        minutes = policy.get("retentionDuration")
        return minutes * 60 if is_whole(minutes) and minutes > 0 else None

    @cached_property
    def indexing(self) -> IndexingPolicy:
        return IndexingPolicy.of(self.definition["indexingPolicy"])

    @cached_property
    def schema(self) -> Schema:
        return schema_of(self.definition)

    @cached_property
    def unique_keys(self) -> list[list[PropertyPath]]:
        policy: dict[str, Any] = self.definition.get("uniqueKeyPolicy") or {}
        keys: list[dict[str, list[str]]] = policy.get("uniqueKeys") or []
        return [[steps_of(path) for path in key["paths"]] for key in keys]

    @cached_property
    def table(self) -> Table:
        paths = dict.fromkeys(self.indexing.columns)
        paths |= dict.fromkeys(path for key in self.unique_keys for path in key)
        hierarchical = len(self.partition_key.paths) > 1
        return Table(f"items_{self.number}", tuple(paths), self.partition_key.paths, hierarchical)

    def partition_of(self, effective: bytes) -> PhysicalPartition:
        """Return the physical partition that contains an effective partition key."""
        return self.partitions[bisect_right(self._lows, effective) - 1]

    @cached_property
    def _lows(self) -> list[bytes]:
        return [partition.bounds[0] for partition in self.partitions]

    @property
    def next_partition(self) -> int:
        """Return a number that no physical partition of the container has ever had.

        The partitions that replace another one have higher numbers.
        """
        return max(partition.number for partition in self.partitions) + 1

    def partition(self, number: str) -> PhysicalPartition | None:
        """Return the physical partition with this id."""
        return next((p for p in self.partitions if str(p.number) == number), None)


EVERYTHING, ETAG = "/*", '/"_etag"/?'
DEFAULT_INDEXING: dict[str, Json] = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": EVERYTHING}],
    "excludedPaths": [{"path": ETAG}],
}
NO_INDEXING: dict[str, Json] = {
    "indexingMode": "none",
    "automatic": False,
    "includedPaths": [],
    "excludedPaths": [],
}


def complete(body: Json) -> dict[str, Any]:
    """Return a container's definition with its defaults filled in.

    Raises 400 if the definition is invalid.
    """
    checked_name(body)
    check_shape(body)
    key, ttl = body.get("partitionKey"), body.get("defaultTtl")
    if not is_object(key):
        raise bad_request("The partition key definition is missing.")
    PartitionKeyDefinition.of(key)
    if ttl is not None and not is_ttl(ttl):
        raise bad_request("The value of property 'defaultTtl' must be -1 or a positive integer.")
    policy = _complete_indexing(body.get("indexingPolicy") or {})
    schema_of(body)
    key = {"kind": "Hash", "version": 2} | key
    return {**body, "partitionKey": key, "indexingPolicy": policy}


def _complete_indexing(policy: Mapping[str, Any]) -> dict[str, Json]:
    """Return an indexing policy as Cosmos DB stores it.

    The path `/` means `/*`, and the property `_etag` is never indexed:
    https://learn.microsoft.com/azure/cosmos-db/index-policy
    """
    mode = str(policy.get("indexingMode") or "consistent").lower()
    if mode == "none":
        return {**policy, **NO_INDEXING}
    rules: list[list[Any]] = [policy.get(name) or [] for name in ("includedPaths", "excludedPaths")]
    included, excluded = ([_complete_path(rule) for rule in paths] for paths in rules)
    if not any(rule["path"] == EVERYTHING for rule in (*included, *excluded)):
        included.insert(0, {"path": EVERYTHING})
    if all(rule["path"] != ETAG for rule in excluded):
        excluded.append({"path": ETAG})
    complete = {"indexingMode": mode, "automatic": True, **policy, "includedPaths": included}
    complete |= {"indexingMode": mode, "excludedPaths": excluded}
    IndexingPolicy.of(complete)
    return complete


def _complete_path(rule: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in rule.items() if name != "indexes"}  # no longer used
    return {**kept, "path": EVERYTHING} if rule["path"] == "/" else kept


def is_ttl(value: Json) -> bool:
    """Return whether a value is a valid time to live: a number of seconds, or -1 for no expiry."""
    return is_whole(value) and (value == -1 or 0 < value <= TTL_SECONDS_MAX)
