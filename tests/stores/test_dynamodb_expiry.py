"""The record of a day in the table of days expires with the last events of the day."""

import pytest

from api.backends import open_dynamodb
from api.domain.events import DayBatch
from api.domain.retention import Retention, leaves_at
from api.settings import Settings
from api.stores.dynamodb import DynamoDBStore
from tests.contract.samples import ORG, event
from tests.support import ManualClock

DAY = "2026-03-01"


def expiry(days: int) -> int | None:
    frozen_from = Retention(days).frozen_from(DAY)
    return int(leaves_at(frozen_from).timestamp()) if frozen_from else None


@pytest.mark.parametrize(
    ("retentions", "last"), [([30], 30), ([30, 60], 60), ([60, 30], 60), ([30, 0], 0), ([0, 30], 0)]
)
async def test_a_day_is_listed_as_long_as_any_of_its_events_is_kept(
    on_dynamodb: Settings, clock: ManualClock, retentions: list[int], last: int
):
    for number, days in enumerate(retentions):
        async with open_dynamodb(on_dynamodb, now=clock) as store:  # in a process of its own
            frozen_from = Retention(days).frozen_from(DAY)
            await store.append(DayBatch(ORG, DAY, [event(number)], None, frozen_from=frozen_from))
            assert isinstance(store, DynamoDBStore)
            item = await store._client.get("days", {"pk": ORG, "sk": DAY})

    assert item
    assert item.get("ttl") == expiry(last)
