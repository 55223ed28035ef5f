"""Enforce the provisioned throughput of each physical partition, as a token bucket.

A physical partition has an equal share of its container's throughput:
https://learn.microsoft.com/azure/cosmos-db/troubleshoot-request-rate-too-large. A request is
accepted if its partition has request units left, and its charge may use more than are left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import floor
from typing import Any

from cosmos_emulator.containers import Container
from cosmos_emulator.context import Context
from cosmos_emulator.errors import CosmosError
from cosmos_emulator.messages import Request, Response
from cosmos_emulator.offers import Throughput
from cosmos_emulator.routing import Target
from cosmos_emulator.throughput import throttled

BURST_SECONDS = 1.0  # a partition can use the units of this time at once
MILLISECONDS = 1_000  # per second

type Handler = Callable[[Context, Request], Response]


@dataclass
class Bucket:
    """The request units that a physical partition has left."""

    rate: float  # request units per second
    units: float
    updated: float  # seconds

    def fill(self, rate: float, now: float) -> None:
        """Add the request units since the last request."""
        added = max(0.0, now - self.updated) * rate
        self.rate, self.updated = rate, now
        self.units = min(self.units + added, rate * BURST_SECONDS)

    def wait(self) -> int:
        """Return the milliseconds until the next request is accepted."""
        return 0 if self.units > 0 else floor(-self.units / self.rate * MILLISECONDS) + 1


class Throttle:
    """The buckets of all physical partitions of an account."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[int, int | None], Bucket] = {}

    def run(self, handler: Handler, context: Context, request: Request) -> Response:
        """Run a handler if the partitions of its request have request units left, or return 429."""
        buckets = self._filled(context, request)
        if wait := max((bucket.wait() for bucket in buckets), default=0):
            return throttled(wait)
        charge = 0.0
        try:
            response = handler(context, request)
            charge = float(response.headers["x-ms-request-charge"])
        except CosmosError as error:
            charge = error.charge
            raise
        finally:
            for bucket in buckets:
                bucket.units -= charge / len(buckets)
        return response

    def _filled(self, context: Context, request: Request) -> list[Bucket]:
        """Return the buckets of the partitions to which a request is sent."""
        try:
            container = context.container(request)
            target = Target.of(request, container)
        except CosmosError:  # which the handler raises again
            return []
        now, rates = context.clock(), _rates(context, container, target)
        for key, rate in rates.items():
            full = Bucket(rate, rate * BURST_SECONDS, now)
            self._buckets.setdefault(key, full).fill(rate, now)
        return [self._buckets[key] for key in rates]


def _rates(
    context: Context, container: Container, target: Target
) -> dict[tuple[int, int | None], float]:
    """Return the request units per second of each bucket.

    The containers of a database that share its throughput have one bucket.
    """
    offers: dict[Any, Any] = {
        offer["offerResourceId"]: offer["content"]
        for offer in context.storage.resources.all_of("offers")
    }
    if own := offers.get(container.rid):
        rate = Throughput.stated(own).peak / len(container.partitions)
        return {(container.number, partition.number): rate for partition in target.partitions}
    database = context.storage.database(container.database)
    shared = offers.get(database["_rid"])
    # Without an offer, the account is serverless.
    return {(-container.database_number, None): Throughput.stated(shared).peak} if shared else {}
