"""The number of named event types is bounded; totals stay exact and repair works."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from api.domain.events import PUBLIC, TRUSTED, DayBatch, EventSource
from api.domain.rollups import DayCounts, DeadLetter, Rollup
from api.domain.type_names import KNOWN_MAX, NAME_BYTES_MAX, NAMED_MAX, OPEN_MAX, OTHER
from api.services.metrics import list_event_types, summarize_metrics
from api.services.recount import recount_day, repair_day
from api.services.rollups import catch_up
from api.services.sketches import add_users
from api.stores.protocol import RollupStore
from cosmos_emulator import Emulator
from tests.contract.samples import ORG, event

DAY = "2026-03-02"
EVENT_ON_FLOODED_DAY_RU_MAX = 700


async def store_events(
    store: RollupStore, event_types: Sequence[str], *, source: EventSource, first: int, day: int = 2
) -> None:
    """Store one event per type, in transactions of 90."""
    events = [
        event(first + n, day=day, event_type=name, source=source)
        for n, name in enumerate(event_types)
    ]
    for start in range(0, len(events), 90):
        batch = events[start : start + 90]
        await store.append(DayBatch(ORG, batch[0].day, batch, None))
    await catch_up(store)


def flood(count: int, prefix: str = "public") -> list[str]:
    """Return event types of the maximum length."""
    return [f"{prefix}-{n:05}-".ljust(NAME_BYTES_MAX, "x") for n in range(count)]


async def counts(store: RollupStore) -> DayCounts:
    stored = await store.read(DayCounts, ORG, DAY)
    assert stored
    return stored.record


@pytest.fixture
async def flooded(store: RollupStore) -> RollupStore:
    """Return a store with a day on which a publishable key sent more types than the maximum."""
    await store_events(store, ["checkout"], source=PUBLIC, first=0, day=1)
    await store_events(store, flood(OPEN_MAX + 50), source=PUBLIC, first=100)
    return store


async def assert_verified(store: RollupStore) -> None:
    found = await recount_day(store, ORG, DAY)

    assert (found.differences, found.waits, found.lacks_users) == ([], False, False)
    assert await store.find(DeadLetter, ORG) == []
    assert await store.unfolded() == set()


async def test_types_beyond_the_maximum_are_counted_as_other(flooded: RollupStore):
    found = await counts(flooded)
    days = {"first": date(2026, 3, 2), "last": date(2026, 3, 2)}
    events, users = await summarize_metrics(flooded, ORG, **days, names=["events", "active_users"])

    assert found.counts[OTHER] == 50
    assert (
        len(found.names.everyone) == OPEN_MAX + 1
    )  # includes "checkout", which is known from the day before
    assert (events.total, users.total) == (OPEN_MAX + 50, 5)
    await assert_verified(flooded)


async def test_known_types_and_types_of_trusted_events_keep_their_names(
    flooded: RollupStore,
):
    await store_events(flooded, ["checkout"], source=PUBLIC, first=2000)
    await store_events(flooded, ["refund"], source=TRUSTED, first=2100)
    await store_events(flooded, ["refund", "late"], source=PUBLIC, first=2200)
    found = await counts(flooded)

    assert found.counts["checkout"] == 1
    assert found.counts["refund"] == 1  # only the trusted event
    assert found.counts[OTHER] == 50 + 2
    assert "late" not in found.counts
    await assert_verified(flooded)


async def test_a_closed_day_names_types_of_trusted_events_on_every_store(any_store: RollupStore):
    named = dict.fromkeys(flood(OPEN_MAX), 1)
    key = any_store.user_keys.version
    rollup = Rollup(ORG, DAY, 1, named, key, 1)
    await any_store.fold(rollup, version=None, deltas=[])
    await store_events(any_store, ["public"], source=PUBLIC, first=0)
    await store_events(any_store, ["trusted"], source=TRUSTED, first=1)
    await store_events(any_store, ["trusted"], source=PUBLIC, first=2)
    found = await counts(any_store)

    assert found.closed
    assert (found.counts["trusted"], found.counts[OTHER]) == (1, 2)
    assert sum(found.counts.values()) == OPEN_MAX + 3


async def test_a_day_names_at_most_a_thousand_trusted_types(store: RollupStore):
    await store_events(store, flood(NAMED_MAX + 30, "trusted"), source=TRUSTED, first=0)
    found = await counts(store)

    assert len(found.counts.keys() - {OTHER}) == NAMED_MAX
    assert found.counts[OTHER] == 30
    await assert_verified(store)


async def test_an_event_on_a_flooded_day_costs_a_bounded_number_of_request_units(
    flooded: RollupStore, emulator: Emulator
):
    """The event cost 5,397 request units before the names of a day were bounded."""
    before = sum(emulator.request_charges.totals.values())
    await store_events(flooded, ["checkout"], source=PUBLIC, first=3000)
    charged = sum(emulator.request_charges.totals.values()) - before

    assert charged <= EVENT_ON_FLOODED_DAY_RU_MAX


async def test_a_flooded_day_can_be_repaired(flooded: RollupStore):
    pending = await flooded.pending(ORG, DAY, limit=9)
    wrong = replace(pending.rollup, counts={**pending.rollup.counts, OTHER: 7, "checkout": 3})
    await flooded.fold(wrong, version=pending.version, deltas=[])
    found = await repair_day(flooded, ORG, DAY)

    differences = {one.what: (one.stored, one.counted) for one in found.differences}
    assert differences[OTHER] == (7, 50)
    assert differences["checkout"] == (3, 0)
    await assert_verified(flooded)


async def test_a_flooded_day_whose_rollup_is_lost_can_be_repaired(flooded: RollupStore):
    pending = await flooded.pending(ORG, DAY, limit=9)
    lost = Rollup(ORG, DAY, pending.rollup.number)
    await flooded.fold(lost, version=pending.version, deltas=[])
    await repair_day(flooded, ORG, DAY)
    found = await counts(flooded)

    assert sum(found.counts.values()) == OPEN_MAX + 50
    await assert_verified(flooded)


async def test_an_old_rollup_with_too_many_types_is_reduced(any_store: RollupStore):
    """Fold a day with 1,500 types, as the service stored it at commit f2ba0e2."""
    old = {f"type-{n:04}": 1 + (n < 900) for n in range(1500)}
    await any_store.fold(Rollup(ORG, DAY, 4, old), version=None, deltas=[])
    await store_events(any_store, ["type-0001", "another"], source=PUBLIC, first=0)
    found = await counts(any_store)

    assert len(found.counts.keys() - {OTHER}) == NAMED_MAX
    assert found.counts["type-0001"] == 3
    assert sum(found.counts.values()) == sum(old.values()) + 2


async def test_the_largest_rollup_fits_on_every_store(any_store: RollupStore):
    names = flood(NAMED_MAX)
    rollup = Rollup(
        ORG,
        DAY,
        2**31,
        dict.fromkeys(names, 2**40),
        any_store.user_keys.version,
        2**31,
        trusted_names=frozenset(names[:400]),
        closed=True,
        sketch=add_users(b"", range(50_000)),
    )
    await any_store.fold(rollup, version=None, deltas=[])

    assert (await any_store.pending(ORG, DAY, limit=9)).rollup == rollup


async def test_a_range_lists_no_more_types_than_a_day_may_name(any_store: RollupStore):
    for day in (1, 2):
        named = {f"type-{day}-{n:04}": day for n in range(NAMED_MAX)}
        await any_store.create(DayCounts(ORG, f"2026-03-0{day}", 1, named))
    days = {"first": date(2026, 3, 1), "last": date(2026, 3, 2)}
    found = await list_event_types(any_store, ORG, **days)

    assert len(found) == NAMED_MAX + 1
    assert dict(found)[OTHER] == NAMED_MAX
    assert sum(count for _, count in found) == 3 * NAMED_MAX


def test_open_and_known_types_fit_below_the_maximum():
    assert OPEN_MAX + KNOWN_MAX < NAMED_MAX
