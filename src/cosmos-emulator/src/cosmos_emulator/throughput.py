"""Request charges by Microsoft's published figures, and the 429 response.

https://learn.microsoft.com/azure/cosmos-db/understand-request-unit-consumption has the figures for
point operations and feeds, for one region and session consistency. Microsoft publishes none for
queries and metadata, whose charges are estimates based on measurements.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cosmos_emulator.containers import Container
from cosmos_emulator.errors import CosmosError
from cosmos_emulator.messages import Response
from cosmos_emulator.query.values import (
    UNDEFINED,
    Json,
    PropertyPath,
    encode,
    follow,
    is_array,
    is_object,
    members,
)

SIZES = tuple(1_024 << power for power in range(12))  # bytes: 1 KB to 2 MB
READS = (1.00, 1.04, 1.14, 1.33, 1.67, 2.19, 4.76, 9.95, 20.28, 40.95, 145.90, 291.80)
WRITES = (4.95, 6.29, 6.67, 7.04, 9.52, 11.23, 22.67, 48.19, 98.29, 184.57, 625.00, 1250.00)

INDEXED_TERM = 0.2
PATCH_PROPERTY = 0.4
DELETE_IN_BACKGROUND = 7.0  # per item of a partition key: the published example of a delete
FEED_MIN = 1.0
QUERY = 2.3
QUERY_KILOBYTE = 0.1  # added to QUERY per item read or per KB read, whichever is more
METADATA = 1.0


def _interpolate(size: int, charges: tuple[float, ...]) -> float:
    """Interpolate a request charge between published item sizes.

    Above the largest published size, the charge is proportional to the size.
    """
    if size <= SIZES[0]:
        return charges[0]
    if size >= SIZES[-1]:
        return charges[-1] * size / SIZES[-1]
    above = bisect_left(SIZES, size)
    low, high = SIZES[above - 1], SIZES[above]
    share = (size - low) / (high - low)
    return charges[above - 1] + share * (charges[above] - charges[above - 1])


@lru_cache(maxsize=4_096)
def read(size: int) -> float:
    """Return the request units of a point read of `size` bytes."""
    return round(_interpolate(size, READS), 2)


@lru_cache(maxsize=16_384)
def create(size: int, terms: int) -> float:
    """Return the request units for creating an item of `size` bytes with `terms` indexed values."""
    return round(_interpolate(size, WRITES) + INDEXED_TERM * terms, 2)


delete = create  # a delete also writes the item's size, and removes the indexed values


def replace(old_size: int, size: int, terms: int) -> float:
    """Return the request units for a replace, which deletes the old item and inserts the new one.

    `terms` is the number of indexed values that the replace removes or adds.
    """
    return round(create(old_size, 0) + create(size, terms), 2)


def query(documents: int, size: int) -> float:
    """Return the request units of a query page.

    The query page reads `documents` items with `size` bytes in total.
    """
    return round(QUERY + QUERY_KILOBYTE * max(documents, size / 1024), 2)


def feed(sizes: Iterable[int]) -> float:
    """Return the request units of a page of a feed: those of reading its items one by one."""
    return round(max(FEED_MIN, sum(map(read, sizes))), 2)


def indexed_terms(document: Json, container: Container) -> int:
    """Return the number of values in a document that the container's policy indexes."""
    if container.indexing.indexes_everything:
        return _leaves(document)
    return sum(follow(document, path) is not UNDEFINED for path in container.table.paths)


def _leaves(value: Json) -> int:
    count, found = 0, [value]
    for one in found:  # also the values that the loop adds
        if isinstance(one, (dict, list)):
            found.extend(members(one))
        else:
            count += 1
    return count


def changed_terms(old: Json, new: Json, container: Container) -> int:
    """Return the number of indexed values that a replace of a document removes or adds."""
    before, after = (Counter(_terms(document, container)) for document in (old, new))
    return (before - after).total() + (after - before).total()


def _terms(document: Json, container: Container) -> Iterator[tuple[PropertyPath, bytes | None]]:
    if container.indexing.indexes_everything:
        yield from _paths(document, ())
        return
    for path in container.table.paths:
        if (value := follow(document, path)) is not UNDEFINED:
            yield path, encode(value)


def _paths(value: Json, path: PropertyPath) -> Iterator[tuple[PropertyPath, bytes | None]]:
    """Yield the values inside a value with their paths, in which arrays have no positions."""
    if is_object(value):
        for name, member in value.items():
            yield from _paths(member, (*path, name))
    elif is_array(value):
        for element in value:
            yield from _paths(element, path)
    else:
        yield path, encode(value)


class RequestCharges:
    """The total request units of each operation in each container."""

    def __init__(self) -> None:
        self.totals: defaultdict[tuple[str, str], float] = defaultdict(float)

    def add(self, container: str, operation: str, charge: float) -> None:
        """Add the charge of one request."""
        self.totals[container, operation] += charge

    def reset(self) -> None:
        """Set all totals to zero."""
        self.totals.clear()


def throttled(retry_after_ms: int = 100) -> Response:
    """Return the 429 response that tells a client to retry later."""
    error = CosmosError(429, "Request rate is large. More Request Units may be needed.")
    headers = {
        "x-ms-retry-after-ms": str(retry_after_ms),
        "x-ms-substatus": "3200",
        "x-ms-request-charge": "0.38",
    }
    return Response(429, headers, error.body(""))
