"""Every store counts usage exactly, by the day on which events were received."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from api.domain.events import Event
from api.domain.rollups import DayCounts, LateEvents, counts_of, late_events_id
from api.domain.usage import (
    EARLIER,
    MONTHS_MAX,
    RECEIVED_DAYS_MAX,
    add_received,
    received_in,
)
from api.services.administration import set_quota
from api.services.organization_records import read_organization
from api.services.recount import recount_day, repair_day
from api.services.rollups import catch_up
from api.services.usage import (
    MonthUsage,
    count_received,
    months_until,
    report_usage,
)
from api.stores import cosmos_events, dynamodb_items
from api.stores.protocol import RollupStore
from tests.contract.acts import ORG as NEW
from tests.contract.acts import Acting, organization_with
from tests.contract.quota_senders import CountingStore
from tests.contract.samples import ORG, OTHER, append, event

DAY = "2026-03-01"
MARCH, APRIL, MAY = date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31)


async def receive(store: RollupStore, day: str, *events: Event) -> None:
    """Store the events, which the service receives on this day."""
    await append(store, [replace(one, received_at=f"{day}T12:00:00.000000Z") for one in events])


async def used(store: RollupStore, *months: date, org: str = ORG) -> dict[str, int]:
    """Return the days with events in the report of these months."""
    return {day: count for one in await _report(store, months, org) for day, count in one if count}


async def _report(
    store: RollupStore, months: tuple[date, ...], org: str
) -> list[list[tuple[str, int]]]:
    found: list[MonthUsage] = await report_usage(store, org, months)
    for one in found:
        assert one.events == sum(count for _, count in one.daily)
        month = date.fromisoformat(f"{one.month}-01")
        assert await count_received(store, org, month) == one.events
    return [list(one.daily) for one in found]


async def test_events_count_on_the_day_of_receipt_whatever_their_timestamp_is(
    any_store: RollupStore,
):
    await receive(any_store, "2026-03-01", event(1), event(2))
    await receive(any_store, "2026-03-02", event(3), event(4, day=2), event(5, day=3))
    await receive(any_store, "2026-04-01", event(6), event(7, org=OTHER))
    await catch_up(any_store)
    await receive(any_store, "2026-04-02", event(8), event(9, day=2))
    await receive(any_store, "2026-05-01", event(10))
    await catch_up(any_store)

    assert await used(any_store, MARCH) == {"2026-03-01": 2, "2026-03-02": 3}
    assert await used(any_store, APRIL) == {"2026-04-01": 1, "2026-04-02": 2}
    assert await used(any_store, MAY) == {"2026-05-01": 1}
    assert await used(any_store, APRIL, org=OTHER) == {"2026-04-01": 1}


async def test_events_of_earlier_versions_count_on_the_stored_day_or_that_of_their_timestamp(
    any_store: RollupStore, monkeypatch: pytest.MonkeyPatch
):
    """Earlier versions stored only the day of receipt, and before that not even the day."""
    for module in (cosmos_events, dynamodb_items):
        monkeypatch.setattr(module, "optional_fields", _earlier_fields)
    await receive(any_store, "2026-03-01", event(1))
    await receive(any_store, "2026-04-02", event(2))
    await append(any_store, [event(3)])
    await catch_up(any_store)
    stored = await any_store.page(_whole_day(DAY), after=None, limit=9)

    assert [(one.received_at, one.received_on) for one in stored] == [
        (None, ""),
        (None, "2026-04-02"),
        (None, ""),
    ]
    assert await used(any_store, MARCH, APRIL) == {DAY: 2, "2026-04-02": 1}
    assert not (await recount_day(any_store, ORG, DAY)).differences


def _earlier_fields(event: Event) -> dict[str, str]:
    return {"received_on": event.received_on} if event.received_on else {}


async def test_the_usage_equals_a_recount_of_the_stored_events(any_store: RollupStore):
    days = ["2026-03-01", "2026-03-02", "2026-04-01", "2026-04-30", "2026-05-01"]
    for number in range(25):
        await receive(any_store, days[number * 7 % 5], event(number, day=1 + number % 3))
        if number % 4 == 0:
            await catch_up(any_store)
    await catch_up(any_store)
    stored = [
        one
        for day in ("01", "02", "03")
        for one in await any_store.page(_whole_day(f"2026-03-{day}"), after=None, limit=100)
    ]

    assert len(stored) == 25
    assert await used(any_store, MARCH, APRIL, MAY) == Counter(
        str(one.received_at)[:10] for one in stored
    )


async def test_a_repair_restores_the_days_of_receipt(any_store: RollupStore):
    await receive(any_store, "2026-03-01", event(1))
    await receive(any_store, "2026-04-01", event(2))
    await catch_up(any_store)
    pending = await any_store.pending(ORG, DAY, limit=9)
    wrong = replace(pending.rollup, received={"2026-05-01": 7})
    await any_store.fold(wrong, version=pending.version, deltas=[])
    found = (await recount_day(any_store, ORG, DAY)).differences

    assert [(one.what, one.stored, one.counted) for one in found] == [
        ("received 2026-04-01", 0, 1),
        ("received 2026-05-01", 7, 0),
        ("projected, received 2026-04-01", 1, 0),
        ("projected, received 2026-05-01", 0, 7),
        ("projected, received late 2026-04-01", 1, 0),
        ("projected, received late 2026-05-01", 0, 7),
    ]
    await catch_up(any_store)
    await repair_day(any_store, ORG, DAY)

    assert not (await recount_day(any_store, ORG, DAY)).differences
    assert await used(any_store, MARCH, APRIL, MAY) == {"2026-03-01": 1, "2026-04-01": 1}


async def test_a_repair_restores_a_lost_record_of_late_events(any_store: RollupStore):
    await receive(any_store, "2026-04-01", event(1))
    await catch_up(any_store)
    await any_store.delete(LateEvents, ORG, late_events_id("2026-04", DAY))
    [difference] = (await recount_day(any_store, ORG, DAY)).differences

    assert (difference.what, difference.stored, difference.counted) == (
        "projected, received late 2026-04-01",
        0,
        1,
    )
    await repair_day(any_store, ORG, DAY)

    assert await used(any_store, APRIL) == {"2026-04-01": 1}


async def test_an_older_projection_never_replaces_newer_late_events(any_store: RollupStore):
    from api.services.projections import project  # noqa: PLC0415 - only here

    await receive(any_store, "2026-04-01", event(1))
    await catch_up(any_store)
    old = (await any_store.pending(ORG, DAY, limit=9)).rollup
    await receive(any_store, "2026-04-01", event(2))
    await catch_up(any_store)
    await project(any_store, old, rewrite=True)

    assert await used(any_store, APRIL) == {"2026-04-01": 2}


def test_a_rollup_keeps_a_bounded_number_of_days_of_receipt():
    days = [date.fromordinal(739_000 + n).isoformat() for n in range(RECEIVED_DAYS_MAX + 10)]
    at_once = add_received({}, [(day, 2) for day in days])
    one_by_one: dict[str, int] = {}
    for day in days:
        one_by_one = add_received(one_by_one, [(day, 2)])
    counts = DayCounts(ORG, days[0], counts={"seen": 1000}, received=at_once)

    assert at_once == one_by_one
    assert len(at_once) == RECEIVED_DAYS_MAX + 1
    assert at_once[EARLIER] == 20
    assert received_in(counts, days[0][:7])[days[0]] == 1000 - 2 * len(days)


async def test_the_plan_and_the_quota_are_read_with_one_read(
    any_store: RollupStore, acting: Acting
):
    await organization_with(any_store, acting, [])
    await set_quota(any_store, acting(), NEW, events_per_month=1_000, warn_at=90)
    counted: Any = CountingStore(any_store)
    known = await read_organization(counted, NEW)

    assert (known.plan, known.events_per_month, known.warn_at) == ("growth", 1_000, 90)
    assert counted.calls == {"read Organization": 1}
    unknown = await read_organization(any_store, "org_unknown")
    assert (unknown.plan, unknown.events_per_month) == ("", None)


async def test_a_report_needs_two_queries_for_any_number_of_months(any_store: RollupStore):
    await receive(any_store, "2025-04-01", event(1))
    await receive(any_store, "2026-03-02", event(2))
    await catch_up(any_store)
    counted: Any = CountingStore(any_store)
    months = months_until(MARCH, MONTHS_MAX)

    assert [one.events for one in await report_usage(counted, ORG, months)] == [0, 1, *[0] * 10, 1]
    assert counted.calls == {"find DayCounts": 1, "find LateEvents": 1}


def test_a_report_of_thirteen_months_starts_a_year_before_this_month():
    months = months_until(date(2026, 3, 31), MONTHS_MAX)

    assert [f"{month:%Y-%m-%d}" for month in months][:2] == ["2025-03-31", "2025-04-30"]
    assert months[-1] == date(2026, 3, 31)
    assert len(months) == 13


def _whole_day(day: str):
    from api.domain.events import query_days  # noqa: PLC0415 - only here

    return query_days(ORG, day, day)


async def test_a_rollup_without_late_events_has_no_field_for_them(any_store: RollupStore):
    """The field costs nothing for events that arrive on the day of their timestamp."""
    await receive(any_store, DAY, event(1))
    await catch_up(any_store)
    rollup = (await any_store.pending(ORG, DAY, limit=9)).rollup

    assert counts_of(rollup).received == {}
    assert await any_store.find(LateEvents, ORG, first="usage~", last="usage~\uffff") == []
