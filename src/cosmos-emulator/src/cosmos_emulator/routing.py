"""The partitions and keys that a request reads, based on its headers and its query."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from cosmos_emulator.containers import Container
from cosmos_emulator.errors import CosmosError, bad_request
from cosmos_emulator.messages import Request
from cosmos_emulator.partitions import Key, PhysicalPartition
from cosmos_emulator.query.scope import Scope
from cosmos_emulator.query.values import PropertyPath, Value

END = b"\xff"  # the end of the key space
GONE = 1002


@dataclass(frozen=True, slots=True)
class Target:
    """The part of a container that the headers of a request select."""

    container: Container
    partition: PhysicalPartition | None
    key: Key | None  # or a prefix of one
    low: bytes  # the half-open range of effective keys
    high: bytes

    @classmethod
    def of(cls, request: Request, container: Container) -> Self:
        """Return the part of a container that a request's headers select.

        Raises 410 for a missing physical partition, and 400 for an invalid partition key.
        """
        partition = _named_partition(request, container)
        key = _named_key(request, container)
        return cls(container, partition, key, *_effective_range(request, partition))

    @property
    def spans_partitions(self) -> bool:
        """Return whether the client must combine the results of partitions, even if it is one."""
        return self.partition is None and self.key is None

    def is_narrow(self, pins: Mapping[PropertyPath, Value]) -> bool:
        """Return whether the headers or the WHERE clause limit a query to one partition.

        A client that sends a range of effective partition keys queries the partitions one by one.
        """
        if self.partition is not None or self.key is not None or self.low or self.high != END:
            return True
        key = pinned_key(self.container, pins)
        return key is not None and is_whole(self.container, key)

    @property
    def home(self) -> PhysicalPartition:
        """Return the physical partition whose session token is sent in the response."""
        effective = self.key.effective if self.key else b""
        return self.partition or self.container.partition_of(effective)

    @property
    def partitions(self) -> list[PhysicalPartition]:
        """Return the physical partitions that contain the selected part, in their order."""
        if self.partition is not None or self.key is not None:
            return [self.home]
        found = [p for p in self.container.partitions if _overlaps(p, self.low, self.high)]
        return found or [self.home]

    def scope(self, pins: Mapping[PropertyPath, Value], now: int) -> Scope:
        """Return the scope of the rows that a query must read.

        `pins` are the property values to which the query's WHERE clause limits the results.
        """
        low, high = self.low, self.high
        key = self.key or pinned_key(self.container, pins)
        living_at = None if self.container.default_ttl is None else now
        if key is None:
            return Scope(low=low or None, high=None if high == END else high, living_at=living_at)
        first, last = key_range(self.container, key)
        inside = low <= first and last <= high
        return Scope(
            key=key.text if is_whole(self.container, key) else None,
            root=key.root,
            low=None if inside else low,
            high=None if inside else high,
            living_at=living_at,
            known=dict(zip(self.container.table.key_paths, key.values, strict=False)),
            empty=first >= high or last <= low,
        )


def _overlaps(partition: PhysicalPartition, low: bytes, high: bytes) -> bool:
    first, last = partition.bounds
    return first < high and low < last


def _named_partition(request: Request, container: Container) -> PhysicalPartition | None:
    number = request.header("x-ms-documentdb-partitionkeyrangeid")
    if not number:
        return None
    partition = container.partition(number.rpartition(",")[2])
    if partition is None:
        raise CosmosError(410, "The requested partition key range is gone.", substatus=GONE)
    return partition


def _named_key(request: Request, container: Container) -> Key | None:
    header = request.header("x-ms-documentdb-partitionkey")
    return container.partition_key.key_from_header(header) if header not in ("", "[]") else None


def _effective_range(request: Request, partition: PhysicalPartition | None) -> tuple[bytes, bytes]:
    low, high = partition.bounds if partition else (b"", END)
    start, end = request.header("x-ms-start-epk"), request.header("x-ms-end-epk")
    try:
        low = max(low, bytes.fromhex(start))
        return low, min(high, bytes.fromhex(end)) if end else high
    except ValueError:
        raise bad_request("An effective partition key in the headers is invalid.") from None


def pinned_key(container: Container, pins: Mapping[PropertyPath, Value]) -> Key | None:
    """Return the partition key, or its first components, to which a WHERE clause limits a query."""
    values = list[Value]()
    for path in container.table.key_paths:
        if path not in pins:
            break
        values.append(pins[path])
    return container.partition_key.key(tuple(values)) if values else None


def is_whole(container: Container, key: Key) -> bool:
    """Return whether a partition key has all levels and so identifies one logical partition."""
    return len(key.values) == len(container.partition_key.paths)


def key_range(container: Container, key: Key) -> tuple[bytes, bytes]:
    """Return the half-open range of effective partition keys that begin with this key."""
    end = b"\x00" if is_whole(container, key) else END
    return key.effective, key.effective + end


def described_range(container: Container, pins: Mapping[PropertyPath, Value]) -> dict[str, Any]:
    """Return the range of effective partition keys to which a WHERE clause limits a query.

    The returned range has the format that query plans use.
    """
    key = pinned_key(container, pins)
    low = key.effective.hex().upper() if key else ""
    point = key is not None and is_whole(container, key)
    high = low if point else low + "FF"
    return {"min": low, "max": high, "isMinInclusive": True, "isMaxInclusive": point}
