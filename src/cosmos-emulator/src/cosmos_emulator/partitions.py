"""Effective partition keys and physical partitions.

The components of a plain partition key are hashed together. The components of a hierarchical key
are hashed one by one, and the hashes are concatenated, so items with the same first component are
in one contiguous range.
"""

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import orjson

from cosmos_emulator import hash_v1
from cosmos_emulator.errors import bad_request
from cosmos_emulator.query.values import (
    UNDEFINED,
    Json,
    Value,
    encode,
    follow,
    is_array,
    is_number,
    is_object,
    whole_if_exact,
)

MASK = (1 << 64) - 1
C1, C2 = 0x87C37B91114253D5, 0x4CF5AD432745937F
KEY_VALUE_BYTES_MAX = 2_048
KEY_LEVELS_MAX = 3
LAST = "FF"  # the end of the key space, above every hash
_HASH_MAX = (0x40 << 120) - 1  # the two highest bits of a hash of version 2 are always zero
_DIGITS = 32
_QUOTES = ("'", '"')
_STEPS = re.compile(r"""/("[^"]*"|'[^']*'|[^/]+)""").findall


def _rotate(value: int, by: int) -> int:
    return ((value << by) | (value >> (64 - by))) & MASK


def _scramble(lane: int, first: int, by: int, second: int) -> int:
    return _rotate(lane * first & MASK, by) * second & MASK


def _finish(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD & MASK
    value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53 & MASK
    return value ^ value >> 33


def murmur3(data: bytes) -> bytes:
    """Return the 16 bytes of a MurmurHash3 (x64, 128 bits, seed 0), most significant byte first."""
    low = high = 0
    whole = len(data) & ~15
    for first, second in struct.iter_unpack("<QQ", data[:whole]):
        low = _rotate(low ^ _scramble(first, C1, 31, C2), 27) + high
        low = (low * 5 + 0x52DCE729) & MASK
        high = _rotate(high ^ _scramble(second, C2, 33, C1), 31) + low
        high = (high * 5 + 0x38495AB5) & MASK
    tail = data[whole:]
    high ^= _scramble(int.from_bytes(tail[8:], "little"), C2, 33, C1) ^ len(data)
    low ^= _scramble(int.from_bytes(tail[:8], "little"), C1, 31, C2) ^ len(data)
    low = (low + high) & MASK
    high = (high + low) & MASK
    low, high = _finish(low), _finish(high)
    low = (low + high) & MASK
    high = (high + low) & MASK
    return (high << 64 | low).to_bytes(16, "big")


def _hashed_form(value: Value) -> bytes:
    match value:
        case None:
            return b"\x01"
        case bool():
            return b"\x03" if value else b"\x02"
        case int() | float():
            return b"\x05" + struct.pack("<d", value)
        case str():
            return b"\x08" + value.encode() + b"\xff"
        case _:
            return b"\x00"  # undefined


def _hash(values: Sequence[Value]) -> bytes:
    digest = bytearray(murmur3(b"".join(map(_hashed_form, values))))
    digest[0] &= 0x3F
    return bytes(digest)


@dataclass(frozen=True, slots=True)
class Key:
    """The value of a partition key: all levels (a logical partition) or only the first levels."""

    values: tuple[Value, ...]
    text: bytes  # canonical JSON, `["acme","2026-01-01"]`; unlike hashes, it can't collide
    effective: bytes  # 16 bytes, or 16 per level if hierarchical

    @property
    def root(self) -> bytes | None:
        """Return the order-preserving encoding of the partition key's first component."""
        return encode(self.values[0])


@dataclass(frozen=True, slots=True)
class PartitionKeyDefinition:
    """The definition of a partition key, whose `paths` are hashed together or one by one."""

    paths: tuple[tuple[str, ...], ...]
    hierarchical: bool
    version: int = 2  # of the hash function

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> Self:
        """Read the `partitionKey` of a container's JSON.

        Raises 400 if the `partitionKey` is invalid.
        """
        paths: list[str] = definition.get("paths") or []
        kind = definition.get("kind", "Hash")
        if kind not in ("Hash", "MultiHash") or not all(path.startswith("/") for path in paths):
            raise bad_request("The partition key definition is invalid.")
        if len(paths) > (KEY_LEVELS_MAX if kind == "MultiHash" else 1):
            raise bad_request(f"Too many partition key paths for the kind {kind}: {len(paths)}.")
        if not paths:
            raise bad_request("The partition key definition has no paths.")
        version = definition.get("version", 2)
        if version not in ((2,) if kind == "MultiHash" else (1, 2)):
            raise bad_request(f"A partition key of kind {kind} cannot have version {version}.")
        return cls(tuple(steps_of(path) for path in paths), kind == "MultiHash", version)

    def key(self, values: tuple[Value, ...]) -> Key:
        """Return the partition key with these components.

        Raises 400 if there are too many components or a component is too long.
        """
        return _key(self, values, tuple(map(type, values)))

    def key_from_header(self, header: str) -> Key:
        """Return the partition key in a header: a JSON list in which `{}` means undefined."""
        return _key_from_header(self, header)

    def matches(self, document: Json, key: Key) -> bool:
        """Return whether a document has exactly this partition key."""
        for path, value in zip(self.paths, key.values, strict=True):
            stated = document.get(path[0], UNDEFINED) if len(path) == 1 else follow(document, path)
            if type(stated) is str and stated == value:  # by far the most frequent type
                continue
            if isinstance(stated, dict | list):
                stated = UNDEFINED  # as a component of a partition key
            if stated != value or isinstance(stated, bool) != isinstance(value, bool):
                return False
        return True


def steps_of(path: str) -> tuple[str, ...]:
    """Return the steps of a path, for example `("a", "b/c")` for `/a/"b/c"`."""
    return tuple(step.strip(step[0]) if step[:1] in _QUOTES else step for step in _STEPS(path))


@lru_cache(maxsize=4_096)
def _key(definition: PartitionKeyDefinition, values: tuple[Value, ...], _types: object) -> Key:
    if len(values) > len(definition.paths):
        raise bad_request("Partition key provided has more components than the container's.")
    if any(isinstance(v, str) and len(v.encode()) > KEY_VALUE_BYTES_MAX for v in values):
        raise bad_request("Partition key value is too long: 2048 bytes at most.")
    values = tuple(_plain(value) for value in values)
    text = orjson.dumps([{} if value is UNDEFINED else value for value in values])
    return Key(values, text, _effective(definition, values))


def _effective(definition: PartitionKeyDefinition, values: tuple[Value, ...]) -> bytes:
    if definition.version == 1:
        return hash_v1.effective_key(values[0])
    return b"".join(_hash([v]) for v in values) if definition.hierarchical else _hash(values)


@lru_cache(maxsize=4_096)
def _key_from_header(definition: PartitionKeyDefinition, header: str) -> Key:
    try:
        values = orjson.loads(header)
    except orjson.JSONDecodeError:
        values = None
    if not is_array(values) or not all(map(_is_component, values)):
        raise bad_request("The partition key supplied in x-ms-partitionkey header is invalid.")
    return definition.key(tuple(UNDEFINED if is_object(value) else value for value in values))


def _is_component(value: Json) -> bool:
    return value is None or value == {} or isinstance(value, str | int | float)


def _plain(value: Value) -> Value:
    """Return the canonical form of a number. For example, 1.0 and 1 are the same partition key."""
    return whole_if_exact(float(value)) if is_number(value) else value


@dataclass(frozen=True, slots=True)
class PhysicalPartition:
    """A half-open range of effective partition keys, with hexadecimal bounds."""

    number: int
    low: str
    high: str
    parents: tuple[int, ...] = ()  # the partitions that it replaces, oldest first

    @property
    def bounds(self) -> tuple[bytes, bytes]:
        return bytes.fromhex(self.low), bytes.fromhex(self.high)

    def describe(self) -> dict[str, Json]:
        """Return the physical partition in the format of the `pkranges` response."""
        return {
            "id": str(self.number),
            "minInclusive": self.low,
            "maxExclusive": self.high,
            "parents": [str(parent) for parent in self.parents],
            "status": "online",
        }


def hash_bounds(definition: PartitionKeyDefinition, low: str, high: str) -> tuple[int, int]:
    """Return the bounds of a range of effective partition keys as hashes.

    The end of the key space counts as the largest hash, so that boundaries equal the service's.
    """
    if definition.version == 1:
        ends = hash_v1.hash_of(bytes.fromhex(low)), hash_v1.hash_of(bytes.fromhex(high))
        return ends[0], hash_v1.HASHES - 1 if high == LAST else ends[1]
    ends = [int(bound[:_DIGITS].ljust(_DIGITS, "0"), 16) for bound in (low, high)]
    return ends[0], _HASH_MAX if high == LAST else ends[1]


def boundary(definition: PartitionKeyDefinition, hashed: int) -> str:
    """Return the first effective partition key with this hash, in hexadecimal."""
    if definition.version == 1:
        return hash_v1.boundary(hashed).hex().upper()
    return f"{hashed:0{_DIGITS}X}"


def equal_partitions(definition: PartitionKeyDefinition, count: int) -> list[PhysicalPartition]:
    """Return physical partitions with hash ranges of equal size."""
    _, end = hash_bounds(definition, "", LAST)
    cuts = [boundary(definition, n * (end // count)) for n in range(1, count)]
    bounds = ["", *cuts, LAST]
    return [PhysicalPartition(n, bounds[n], bounds[n + 1]) for n in range(count)]
