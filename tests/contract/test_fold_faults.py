"""If folding or projecting a day fails at any moment, the next attempt makes the sums exact."""

from contextlib import suppress
from itertools import count

import pytest

from api.domain.rollups import DayCounts
from api.errors import ApiError
from api.services.rollups import catch_up
from api.stores.protocol import Conflict, RollupStore, Throttled
from tests.contract.samples import append, event
from tests.crash.crash_points import WatchedStore

DAYS = 2
MOMENTS_MIN = 20  # there is one before and one after each call of the store
ALL_DAYS = {"first": "0001-01-01", "last": "9999-12-31"}


class Unexpected(Exception):
    """An error that the service doesn't expect."""


class FaultOnce:
    """Raise an error at the n-th moment from now."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.left = 0

    async def reach(self, _: str) -> None:
        self.left -= 1
        if self.error and self.left < 0:
            error, self.error = self.error, None
            raise error


async def total(store: RollupStore, org_id: str) -> int:
    days = await store.find(DayCounts, org_id, **ALL_DAYS)
    return sum(sum(day.counts.values()) for day in days)


@pytest.mark.parametrize("error", [Throttled(1), Unexpected()], ids=["throttled", "unexpected"])
async def test_no_day_is_lost_by_a_fault_at_any_moment(store: RollupStore, error: Exception):
    fault = FaultOnce()
    watched = WatchedStore(store, fault.reach)
    await catch_up(watched)
    for moment in count():
        org_id = f"org_{moment:02}"
        await append(store, [event(n, day=n + 1, org=org_id) for n in range(DAYS)])
        fault.error, fault.left = error, moment
        with suppress(ApiError, Conflict, Unexpected):
            await catch_up(watched)
            assert await total(store, org_id) == DAYS
        if fault.error:  # the catch-up ended before this moment
            break
        await catch_up(watched)

        assert await total(store, org_id) == DAYS
    assert moment > MOMENTS_MIN
