"""Where a request looks: the partitions that its headers and its query's own WHERE name."""

from collections.abc import Mapping
from typing import Any

from cosmos_emulator.containers import Container
from cosmos_emulator.errors import CosmosError, bad_request
from cosmos_emulator.messages import Request
from cosmos_emulator.partitions import Key, PhysicalPartition
from cosmos_emulator.query.scope import Scope
from cosmos_emulator.query.table import Steps
from cosmos_emulator.query.values import Value

END = b"\xff"  # of the key space
GONE = 1002


def named_partition(request: Request, container: Container) -> PhysicalPartition | None:
    """The physical partition that a header names; 410 if there is no such one."""
    number = request.header("x-ms-documentdb-partitionkeyrangeid")
    if not number:
        return None
    partition = container.partition(number.rpartition(",")[2])
    if partition is None:
        raise CosmosError(410, "The requested partition key range is gone.", substatus=GONE)
    return partition


def named_key(request: Request, container: Container) -> Key | None:
    """The partition key, or prefix of one, in a header."""
    header = request.header("x-ms-documentdb-partitionkey")
    return container.partition_key.key_from_header(header) if header not in ("", "[]") else None


def effective_range(request: Request, partition: PhysicalPartition | None) -> tuple[bytes, bytes]:
    """The half-open range of effective keys that headers name, by partition and by bounds."""
    low, high = partition.bounds if partition else (b"", END)
    start, end = request.header("x-ms-start-epk"), request.header("x-ms-end-epk")
    try:
        low = max(low, bytes.fromhex(start))
        return low, min(high, bytes.fromhex(end)) if end else high
    except ValueError:
        raise bad_request("An effective partition key in the headers is invalid.") from None


def scope_of(
    request: Request, container: Container, pins: Mapping[Steps, Value], now: int
) -> Scope:
    """The rows that a query must look at, given the values that its WHERE pins."""
    low, high = effective_range(request, named_partition(request, container))
    key = named_key(request, container) or pinned_key(container, pins)
    living_at = None if container.default_ttl is None else now
    if key is None:
        return Scope(low=low or None, high=None if high == END else high, living_at=living_at)
    first, last = key_range(container, key)
    inside = low <= first and last <= high
    return Scope(
        key=key.text if is_whole(container, key) else None,
        root=key.root,
        low=None if inside else low,
        high=None if inside else high,
        living_at=living_at,
        known=dict(zip(container.table.key_paths, key.values, strict=False)),
        empty=first >= high or last <= low,
    )


def pinned_key(container: Container, pins: Mapping[Steps, Value]) -> Key | None:
    """The key, or the prefix of a hierarchical one, that a WHERE fixes."""
    values = list[Value]()
    for path in container.table.key_paths:
        if path not in pins:
            break
        values.append(pins[path])
    return container.partition_key.key(tuple(values)) if values else None


def is_whole(container: Container, key: Key) -> bool:
    """Whether a key has all its levels, and so names one logical partition."""
    return len(key.values) == len(container.partition_key.paths)


def key_range(container: Container, key: Key) -> tuple[bytes, bytes]:
    """The half-open range of effective keys under a key or prefix."""
    end = b"\x00" if is_whole(container, key) else END
    return key.effective, key.effective + end


def described_range(container: Container, pins: Mapping[Steps, Value]) -> dict[str, Any]:
    """The range of effective keys that a WHERE leaves, as a query plan puts it."""
    key = pinned_key(container, pins)
    low = key.effective.hex().upper() if key else ""
    point = key is not None and is_whole(container, key)
    high = low if point else low + "FF"
    return {"min": low, "max": high, "isMinInclusive": True, "isMaxInclusive": point}
