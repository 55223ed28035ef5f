"""Days that are accepted and frozen, for a retention in days."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.domain.events import FIRST_DAY, TRUSTED, Draft, Event, EventResult, Receipt, plan
from api.domain.reference import Organization
from api.domain.retention import (
    FOREVER,
    RETENTION_DAYS_MAX,
    Retention,
    earliest,
    is_frozen,
    leaves_at,
    retention_of,
)
from api.domain.rollups import DayCounts

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = "2026-03-01"
COSMOS_TTL_MAX = 2**31 - 1


@pytest.mark.parametrize(
    ("retention", "first"),
    [
        (Retention(FOREVER), FIRST_DAY),
        (Retention(FOREVER, "2026-03-05"), "2026-03-05"),
        (Retention(1), "2026-03-09"),
        (Retention(30), "2026-02-08"),
        (Retention(30, "2026-03-05"), "2026-03-05"),  # after an earlier, shorter retention
        (Retention(30, "2026-01-05"), "2026-02-08"),
        (Retention(RETENTION_DAYS_MAX), "1971-06-07"),
    ],
)
def test_events_are_accepted_from_this_day_on(retention: Retention, first: str):
    assert retention.first_day(NOON) == first


@pytest.mark.parametrize("days", [1, 30, RETENTION_DAYS_MAX])
def test_a_day_is_frozen_a_day_after_its_last_retry_and_a_day_before_its_events_leave(days: int):
    retention = Retention(days)
    last_accepted = next(
        moment
        for moment in (NOON + timedelta(days=days - n) for n in range(-3, 3))
        if retention.first_day(moment) <= NOON.date().isoformat()
    )
    last_retry = last_accepted.replace(hour=23, minute=59) + timedelta(days=1)
    frozen_from = retention.frozen_from("2026-03-10")
    day = DayCounts("o", "2026-03-10", frozen_from=frozen_from)

    assert not is_frozen(day, last_retry)
    assert is_frozen(day, last_retry + timedelta(minutes=1))
    assert leaves_at(frozen_from) - last_retry == timedelta(days=1, minutes=1)
    before = leaves_at(frozen_from) - timedelta(days=1)
    assert retention.last_gone_day(before) < "2026-03-10"
    assert retention.last_gone_day(leaves_at(frozen_from)) == "2026-03-10"


def test_the_time_to_live_of_the_longest_retention_fits_into_cosmos_db():
    frozen_from = Retention(RETENTION_DAYS_MAX).frozen_from("2026-03-11")  # of an event tomorrow

    assert (leaves_at(frozen_from) - NOON).total_seconds() < COSMOS_TTL_MAX


def test_days_of_events_that_are_kept_forever_are_never_frozen():
    assert Retention().frozen_from(DAY) == ""
    assert Retention().last_gone_day(NOON) == ""
    assert not is_frozen(DayCounts("o", DAY), NOON)
    assert earliest(["", ""]) == ""
    assert earliest(["2026-05-01", "", "2026-04-01"]) == "2026-04-01"


def test_the_organisations_own_retention_replaces_that_of_the_deployment():
    organization = Organization("o", "O", "pro", "2026-01-01", events_from=DAY)

    assert retention_of(organization, 30) == Retention(30, DAY)
    own = [replace(organization, events_retention_days=days) for days in (7, FOREVER)]
    assert [retention_of(one, 30).days for one in own] == [7, FOREVER]


def test_events_before_the_first_day_are_rejected():
    receipt = Receipt("k", NOON, "marker", TRUSTED)
    moments = [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC)]
    drafts = [Draft("t", "u", "e", moment, {}, size=100) for moment in [*moments, None]]
    accepted, refused, without_time = plan(drafts, org_id="o", receipt=receipt, first_day=DAY)

    assert isinstance(accepted, Event)
    assert isinstance(without_time, Event)
    assert isinstance(refused, EventResult)
    assert refused.error
    assert (refused.status, refused.event_id) == ("rejected", "e")
    assert (refused.error.pointer, refused.error.code) == (
        "/events/1/timestamp",
        "timestamp_too_old",
    )
    assert DAY in refused.error.detail
