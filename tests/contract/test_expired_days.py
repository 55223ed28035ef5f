"""On every store, events expire by the day of their timestamp, and counts of the day remain."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.domain.events import DayBatch, Event
from api.domain.retention import Retention
from api.domain.rollups import DayCounts, Rollup
from api.services.erased_days import Allowance, erase_day
from api.services.rebuilds import rebuild_outdated, rebuild_users
from api.services.recount import find_days, recount_day, rehash_day, repair_day
from api.services.rollups import catch_up
from api.services.sketches import estimate
from api.stores.dynamodb import DynamoDBStore
from api.stores.protocol import RollupStore
from tests.contract.samples import ORG, event, query
from tests.contract.test_user_hashes import rotate
from tests.support import ManualClock

RETENTION = Retention(30)
DAY = "2026-03-01"
OTHER_DAY = "2026-03-04"
FROZEN = datetime(2026, 4, 2, tzinfo=UTC)  # DAY is accepted until 2026-03-31
GONE = datetime(2026, 4, 3, tzinfo=UTC)


async def store_events(
    store: RollupStore, events: Iterable[Event], retention: Retention = RETENTION
) -> None:
    for one in events:
        frozen_from = retention.frozen_from(one.day)
        await store.append(DayBatch(ORG, one.day, [one], None, frozen_from=frozen_from))
    await catch_up(store)


async def expire(store: RollupStore, clock: ManualClock, day: str = DAY) -> None:
    """Move the clock until the day's events have left the store, and delete them from DynamoDB.

    DynamoDB deletes expired items, and its stream contains records of these deletions.
    """
    clock.moment = GONE
    if isinstance(store, DynamoDBStore):
        client, pk = store._client, f"{ORG}#{day}"
        values = {"low": day, "high": f"{day}U"}
        items = client.query("events", pk, "sk BETWEEN :low AND :high", values)
        now = clock().timestamp()
        for item in [item async for item in items if item.get("ttl", now + 1) <= now]:
            await client.delete("events", {"pk": pk, "sk": item["sk"]})


async def rollup(store: RollupStore, day: str = DAY) -> Rollup:
    return (await store.pending(ORG, day, limit=1)).rollup


async def keys(store: RollupStore) -> list[str]:
    return [one.key for one in await store.page(query(ascending=True), after=None, limit=100)]


@pytest.fixture
async def expired(any_store: RollupStore, clock: ManualClock) -> RollupStore:
    """Return a store in which DAY has expired, and OTHER_DAY hasn't."""
    clock.moment = datetime(2026, 3, 4, 8, tzinfo=UTC)
    await store_events(any_store, [event(n) for n in range(7)])
    await store_events(any_store, [event(n, day=4) for n in range(3)])
    await expire(any_store, clock)
    return any_store


async def test_all_events_of_a_day_leave_at_the_same_time_whenever_they_were_written(
    any_store: RollupStore, clock: ManualClock
):
    first, second, tomorrow = event(1), event(2), event(3, day=2)
    clock.moment = datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC)
    await store_events(any_store, [first])
    clock.moment = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    await store_events(any_store, [second, tomorrow])
    clock.moment = GONE - timedelta(seconds=1)
    before = await keys(any_store)
    clock.moment = GONE

    assert before == [first.key, second.key, tomorrow.key]
    assert await keys(any_store) == [tomorrow.key]


async def test_an_event_that_is_retried_after_its_day_expires_at_once(
    any_store: RollupStore, clock: ManualClock
):
    clock.moment = GONE + timedelta(days=10)
    await store_events(any_store, [event(1)])
    clock.forward(seconds=1)

    assert await keys(any_store) == []
    assert (await rollup(any_store)).total == 1


async def test_events_that_are_kept_forever_stay(any_store: RollupStore, clock: ManualClock):
    await store_events(any_store, [event(1)], Retention())
    clock.forward(days=5000)

    assert await keys(any_store) == [event(1).key]
    assert (await rollup(any_store)).frozen_from == ""


async def test_expired_events_still_count(expired: RollupStore):
    await catch_up(expired)
    projected = await expired.read(DayCounts, ORG, DAY)

    assert projected
    assert projected.record.counts == {"type-0": 3, "type-1": 2, "type-2": 2}
    assert projected.record.frozen_from == "2026-04-02"
    assert estimate((await rollup(expired)).sketch) == 5
    assert await keys(expired) == [event(n, day=4).key for n in range(3)]


async def test_a_recount_and_a_repair_leave_an_expired_day_as_it_is(expired: RollupStore):
    before = await rollup(expired)
    found = await recount_day(expired, ORG, DAY)
    repaired = await repair_day(expired, ORG, DAY)
    other = await recount_day(expired, ORG, OTHER_DAY)

    assert (found.is_frozen, found.events, found.differences) == (True, 7, [])
    assert not found.waits
    assert not found.lacks_users
    assert repaired == found
    assert await rollup(expired) == before
    assert (other.is_frozen, other.events, other.differences) == (False, 3, [])
    assert await find_days(expired, ORG, "2026-03-01", "2026-03-31") == [DAY, OTHER_DAY]


async def test_a_day_is_frozen_a_day_before_its_events_leave(
    any_store: RollupStore, clock: ManualClock
):
    await store_events(any_store, [event(n) for n in range(7)])
    clock.moment = FROZEN - timedelta(seconds=1)
    intact = await recount_day(any_store, ORG, DAY)
    clock.moment = FROZEN

    assert not intact.is_frozen
    assert (await recount_day(any_store, ORG, DAY)).is_frozen
    assert len(await keys(any_store)) == 7


async def test_a_repair_of_an_expired_day_corrects_its_projection(expired: RollupStore):
    projected = await expired.read(DayCounts, ORG, DAY)
    assert projected
    wrong = replace(projected.record, number=70, counts={"type-0": 99})
    await expired.replace(wrong, version=projected.version)
    found = await recount_day(expired, ORG, DAY)
    await repair_day(expired, ORG, DAY)
    after = await expired.read(DayCounts, ORG, DAY)

    assert [(one.what, one.counted) for one in found.differences] == [
        ("projected type-0", 3),
        ("projected type-1", 2),
        ("projected type-2", 2),
    ]
    assert after
    assert after.record.counts == {"type-0": 3, "type-1": 2, "type-2": 2}
    assert estimate((await rollup(expired)).sketch) == 5


async def test_a_delta_of_an_expired_day_is_still_added(expired: RollupStore):
    late = event(50)
    batch = DayBatch(ORG, DAY, [late], None, frozen_from=RETENTION.frozen_from(DAY))
    await expired.append(batch)
    found = await recount_day(expired, ORG, DAY)
    await repair_day(expired, ORG, DAY)

    assert (found.is_frozen, found.events, found.differences, found.waits) == (True, 8, [], True)
    assert (await rollup(expired)).total == 8


async def test_the_users_of_an_expired_day_are_not_rebuilt(
    expired: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    before = await rollup(expired)
    rotate(expired, monkeypatch)

    assert await rebuild_outdated(expired) == 1  # the other day
    assert await rebuild_outdated(expired) == 0
    assert not await rebuild_users(expired, ORG, DAY)
    assert not await rehash_day(expired, ORG, DAY)
    assert not (await recount_day(expired, ORG, DAY)).lacks_users
    assert await rollup(expired) == before


async def test_the_earliest_expiry_of_a_day_freezes_it(any_store: RollupStore, clock: ManualClock):
    await store_events(any_store, [event(1)], Retention(60))
    await store_events(any_store, [event(2)], Retention(30))
    await store_events(any_store, [event(3)], Retention())
    clock.moment = GONE

    assert (await recount_day(any_store, ORG, DAY)).is_frozen
    assert await keys(any_store) == [event(1).key, event(3).key]
    assert (await rollup(any_store)).total == 3


@pytest.mark.parametrize("rotates", [False, True])
async def test_an_erasure_on_a_frozen_day_keeps_the_counts_of_expired_events(
    any_store: RollupStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, *, rotates: bool
):
    await store_events(any_store, [event(n) for n in range(5)], Retention(30))
    left = [event(n, user_id="user-0", event_type="late") for n in (10, 11)]
    await store_events(any_store, left, Retention(60))
    await expire(any_store, clock)
    if rotates:
        rotate(any_store, monkeypatch)
    await erase_day(any_store, ORG, "user-0", DAY, Allowance(9))
    after = await rollup(any_store)

    assert after.counts == {"type-0": 2, "type-1": 2, "type-2": 1}
    assert estimate(after.sketch) == (5 if rotates else 4)
    assert after.has_all_users
    assert await keys(any_store) == []


async def test_an_erasure_on_a_frozen_day_completes_although_the_rollup_lacks_events(
    any_store: RollupStore, clock: ManualClock
):
    await store_events(any_store, [event(1)], Retention(30))
    await store_events(any_store, [event(10, user_id="user-0")], Retention(60))
    pending = await any_store.pending(ORG, DAY, limit=1)
    lacking = replace(pending.rollup, number=pending.rollup.number + 1, counts={"type-2": 1})
    await any_store.fold(lacking, version=pending.version, deltas=[])
    await expire(any_store, clock)
    await erase_day(any_store, ORG, "user-0", DAY, Allowance(9))

    assert (await rollup(any_store)).counts == {"type-2": 1}
    assert await keys(any_store) == []
