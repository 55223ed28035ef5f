"""On every store, passes delete expired events that have no time to live or one that is too long.

The organisation's own retention is 30 days, and the clock moves to a day on which `DAY` is gone.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from api.backends import open_emulated
from api.domain.events import DayBatch, Event
from api.domain.reference import Organization
from api.domain.retention import FOREVER, Retention
from api.domain.rollups import DayCounts, Rollup, dead_letter_from_delta
from api.services import expired_days
from api.services.administration import set_retention
from api.services.expired_days import Expiry
from api.services.organizations import put, register_locally
from api.services.recount import recount_day, repair_day
from api.services.rollups import catch_up
from api.services.sketches import estimate
from api.services.usage import report_usage
from api.settings import Settings
from api.stores.protocol import RollupStore, Throttled
from cosmos_emulator import Emulator
from tests.contract.samples import ORG, OTHER, event, query
from tests.contract.test_user_hashes import rotate
from tests.crash.crash_points import WatchedStore
from tests.support import START, ManualClock

DAY, KEPT = "2026-03-01", "2026-03-04"
GONE = datetime(2026, 4, 3, tzinfo=UTC)  # with a retention of 30 days
RECEIVED = "2026-03-05T12:00:00.000000Z"


class Killed(BaseException):
    """The process of a pass was killed."""


class Ticking:
    """A clock that moves one second whenever a pass sleeps, which it does after each deletion."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, _: float) -> None:
        self.seconds += 1


def expiry(deletions_max: float = 1000, days: int = FOREVER) -> Expiry:
    ticking = Ticking()
    return Expiry(days, seconds=deletions_max, now=ticking, sleep=ticking.sleep)


async def store_events(
    store: RollupStore, events: Sequence[Event], retention: Retention | None = None
) -> None:
    """Store the events of one day in two batches, each with its delta."""
    frozen_from = (retention or Retention()).frozen_from(events[0].day)
    middle = len(events) // 2
    for some in filter(None, (events[:middle], events[middle:])):
        batch = DayBatch(some[0].org_id, some[0].day, some, None, frozen_from=frozen_from)
        await store.append(batch)


async def rollup(store: RollupStore, day: str = DAY, org: str = ORG) -> Rollup:
    return (await store.pending(org, day, limit=1)).rollup


async def remaining(store: RollupStore, org: str = ORG) -> int:
    return len(await store.page(query(org_id=org), after=None, limit=10_000))


async def events_from(store: RollupStore, org: str = ORG) -> str:
    stored = await store.read(Organization, org)
    assert stored
    return stored.record.events_from


def day_events(many: int, day: str = DAY, org: str = ORG) -> list[Event]:
    number = int(day[-2:])
    return [event(n, day=number, org=org, received_at=RECEIVED) for n in range(many)]


@pytest.fixture(autouse=True)
def small_deletions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delete 9 events per transaction, because moto needs seconds for large transactions."""
    monkeypatch.setattr(expired_days, "_EVENTS_PER_DELETION_MAX", 9)


@pytest.fixture
async def stored(any_store: RollupStore, clock: ManualClock) -> RollupStore:
    """Return a store with 13 events of DAY and 2 of KEPT, which have no time to live."""
    for org in (ORG, OTHER):
        own = Organization(org, org, "pro", "2026-01-01", events_retention_days=30)
        await put(any_store, own)
    await store_events(any_store, day_events(13))
    await store_events(any_store, day_events(2, KEPT))
    await catch_up(any_store)
    clock.moment = GONE
    return any_store


async def test_events_of_expired_days_are_deleted_and_counts_remain(stored: RollupStore):
    before, usage = await rollup(stored), await report_usage(stored, ORG, [date(2026, 3, 31)])
    deleted = await expiry().run(stored)
    await catch_up(stored)
    after, projected = await rollup(stored), await stored.read(DayCounts, ORG, DAY)

    assert (deleted, await remaining(stored)) == (13, 2)
    assert (after.counts, after.sketch, after.received) == (
        before.counts,
        before.sketch,
        before.received,
    )
    assert after.frozen_from == "2026-04-03"
    assert projected
    assert projected.record.frozen_from == "2026-04-03"
    assert await report_usage(stored, ORG, [date(2026, 3, 31)]) == usage
    assert await events_from(stored) == "2026-03-02"
    found = await repair_day(stored, ORG, DAY)
    assert (found.is_frozen, found.events, found.differences) == (True, 13, [])
    other = await recount_day(stored, ORG, KEPT)
    assert (other.is_frozen, other.events, other.differences) == (False, 2, [])


async def test_a_day_is_deleted_only_when_its_events_should_have_left(
    stored: RollupStore, clock: ManualClock
):
    clock.moment = GONE - timedelta(seconds=1)

    assert await expiry().run(stored) == 0
    assert await remaining(stored) == 15
    assert await events_from(stored) == "1970-01-01"


async def test_a_pass_is_limited_and_the_next_one_continues(stored: RollupStore):
    limited = expiry(deletions_max=1)
    passes = [await limited.run(stored) for _ in range(3)]

    assert passes == [9, 4, 0]
    assert await remaining(stored) == 2


async def test_organisations_take_turns_within_and_across_passes(stored: RollupStore):
    await store_events(stored, day_events(21, org=OTHER))
    limited = expiry(deletions_max=1)
    left = []
    for _ in range(4):
        await limited.run(stored)
        left.append((await remaining(stored) - 2, await remaining(stored, OTHER)))

    assert left == [(4, 21), (4, 12), (0, 12), (0, 3)]


async def test_a_failing_organisation_does_not_delay_the_others(
    stored: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    await store_events(stored, day_events(5, org=OTHER))
    fold = stored.fold

    async def fail_for_one(one: Rollup, **options: object) -> None:
        if one.org_id == ORG:
            raise Throttled(1)
        await fold(one, **options)

    monkeypatch.setattr(stored, "fold", fail_for_one)
    passes = expiry()
    with pytest.raises(Throttled):
        await passes.run(stored)
    assert (await remaining(stored), await remaining(stored, OTHER)) == (15, 0)
    monkeypatch.setattr(stored, "fold", fold)

    assert await passes.run(stored) == 13


async def test_concurrent_passes_delete_each_event_once(stored: RollupStore):
    deleted = await asyncio.gather(*(expiry().run(stored) for _ in range(3)))
    deleted.append(await expiry().run(stored))

    assert sum(deleted) == 13
    assert await remaining(stored) == 2
    assert (await rollup(stored)).total == 13


async def test_a_pass_that_is_killed_at_any_call_is_completed_by_the_next(
    settings: Settings, clock: ManualClock
):
    """Kill the pass before and after each call of the store, until a pass is not killed."""
    for number in count(1):
        clock.moment = START
        emulator = Emulator(clock=lambda: clock().timestamp())
        async with open_emulated(settings, emulator, now=clock) as store:
            await put(store, Organization(ORG, ORG, "pro", "2026-01-01", events_retention_days=30))
            await store_events(store, day_events(13))
            await store_events(store, day_events(2, KEPT))
            clock.moment = GONE
            calls = count(1)

            async def kill(_: str, calls: Iterator[int] = calls, number: int = number) -> None:
                if next(calls) == number:
                    raise Killed

            with suppress(Killed):
                await expiry().run(WatchedStore(store, kill))
            await expiry().run(store)
            await catch_up(store)
            projected = await store.read(DayCounts, ORG, DAY)

            assert await remaining(store) == 2
            assert (await rollup(store)).total == 13
            assert projected
            assert (projected.record.total, projected.record.frozen_from) == (13, "2026-04-03")
            assert await events_from(store) == "2026-03-02"
        emulator.close()
        if next(calls) <= number:  # the pass was complete before this call
            return


async def test_deltas_and_missing_users_are_added_before_the_day_is_frozen(
    stored: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    late = [event(n, user_id=f"late-{n}") for n in range(500, 503)]
    await store_events(stored, late)
    rotate(stored, monkeypatch)
    await expiry().run(stored)
    after = await rollup(stored)

    assert (after.total, estimate(after.sketch)) == (16, 8)
    assert after.users_key == stored.user_keys.version
    assert not (await stored.pending(ORG, DAY, limit=9)).deltas


async def test_a_shorter_retention_applies_to_events_with_a_longer_time_to_live(
    any_store: RollupStore, clock: ManualClock, acting
):
    await put(any_store, Organization(ORG, "Acme", "pro", "2026-01-01"))
    await store_events(any_store, day_events(3), Retention(400))
    await catch_up(any_store)
    clock.moment = GONE
    passes = expiry(days=400)
    assert await passes.run(any_store) == 0
    await set_retention(any_store, acting(), ORG, days=30)

    assert await passes.run(any_store) == 3
    assert (await rollup(any_store)).frozen_from == "2026-04-03"
    assert await events_from(any_store) == "2026-03-02"


async def test_a_longer_retention_keeps_expired_days_closed(
    any_store: RollupStore, clock: ManualClock, acting
):
    await put(any_store, Organization(ORG, "Acme", "pro", "2026-01-01"))
    await store_events(any_store, day_events(3), Retention(30))
    await catch_up(any_store)
    passes = expiry(days=30)
    await passes.run(any_store)
    await set_retention(any_store, acting(), ORG, days=FOREVER)
    clock.moment = GONE
    await passes.run(any_store)
    stored = await any_store.read(Organization, ORG)

    assert stored
    assert stored.record.events_from == "2026-03-02"
    assert (stored.record.events_retention_days, stored.record.acts) == (FOREVER, 1)
    assert await remaining(any_store) == 0


async def test_without_a_retention_a_pass_only_lists_the_organisations(
    any_store: RollupStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
):
    await put(any_store, Organization(ORG, "Acme", "pro", "2026-01-01"))
    await store_events(any_store, day_events(3))
    clock.moment = GONE
    monkeypatch.setattr(any_store, "page", None)

    assert await expiry().run(any_store) == 0
    assert await events_from(any_store) == ""


async def test_events_from_before_1970_that_an_earlier_version_accepted_expire_too(
    stored: RollupStore,
):
    ancient = event(1, timestamp="1903-12-17T10:35:00.000000Z")
    await store_events(stored, [ancient])
    await catch_up(stored)
    await expiry().run(stored)

    assert await remaining(stored) == 2
    assert (await rollup(stored, "1903-12-17")).total == 1


async def test_loading_sample_data_keeps_the_days_that_have_expired(stored: RollupStore):
    await expiry().run(stored)
    await register_locally(stored, Organization(ORG, "Acme", "pro", "2026-01-01"))

    assert await events_from(stored) == "2026-03-02"


async def test_a_day_without_a_rollup_is_frozen_too(stored: RollupStore):
    await store_events(stored, [event(1, timestamp="2026-02-01T00:00:00.000000Z")])
    for delta in (await stored.pending(ORG, "2026-02-01", limit=9)).deltas:
        await stored.move_to_dead_letters(dead_letter_from_delta(delta, "lost"))
    await expiry().run(stored)

    assert await remaining(stored) == 2
    assert (await recount_day(stored, ORG, "2026-02-01")).is_frozen
