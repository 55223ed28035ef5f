"""Request charges, based on Microsoft's published table, and the 429 response."""

from bisect import bisect_left
from collections import defaultdict
from functools import lru_cache

from cosmos_emulator.containers import Container
from cosmos_emulator.errors import CosmosError
from cosmos_emulator.messages import Response
from cosmos_emulator.query.values import UNDEFINED, Json, follow, members

# https://learn.microsoft.com/azure/cosmos-db/key-value-store-cost, one region, session consistency
SIZES = (1_024, 2_048, 4_096, 8_192, 16_384, 65_536)  # bytes
READS = (1.00, 1.04, 1.14, 1.33, 1.67, 4.76)  # request units
CREATES = (4.95, 6.29, 6.67, 7.04, 9.52, 22.67)

INDEXED_TERM = 0.2
REPLACE_FACTOR = 2.0
PATCH_PROPERTY = 0.4
DELETE = 7.0
QUERY = 2.3
QUERY_KILOBYTE = 0.1  # added to QUERY per item read or per KB read, whichever is more
FEED_KILOBYTE = 1.0
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
    return round(_interpolate(size, CREATES) + INDEXED_TERM * terms, 2)


def replace(size: int, terms: int) -> float:
    """Return the request units for a replace, which removes old index terms and adds new ones."""
    return round(REPLACE_FACTOR * create(size, terms), 2)


def query(documents: int, size: int) -> float:
    """Return the request units of a query page.

    The query page reads `documents` items with `size` bytes in total.
    """
    return round(QUERY + QUERY_KILOBYTE * max(documents, size / 1024), 2)


def change_feed(size: int) -> float:
    """Return the request units of a change feed page of `size` bytes."""
    return round(max(1.0, FEED_KILOBYTE * size / 1024), 2)


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
