"""Retention equals a recount of the users in plain Python."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.calendars import LocalRange, start_of_interval
from api.domain.insight_filters import Condition, Property
from api.domain.insights import Cell, Cohort, RetentionQuery, Scope, Step, pooled_rates
from api.lake.queries.retention import read_retention, retention, retention_buckets
from tests.fuzz.amount import FUZZ
from tests.lake.memory import MemoryLake, Row, lake_of

UTC_ZONE = ZoneInfo("UTC")
START, RETURN, ANY = Step("start"), Step("return"), Step(None)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def on(day: str, event_type: str, user_id: str = "u", hour: int = 12) -> Row:
    return Row(event_type, user_id, datetime.fromisoformat(f"{day}T{hour:02}:00:00+00:00"))


def weeks(first: str = "2026-03-02", last: str = "2026-03-15", zone: ZoneInfo = UTC_ZONE):
    return Scope(LocalRange(date.fromisoformat(first), date.fromisoformat(last), zone))


def query(scope: Scope, start: Step = START, returning: Step = RETURN, **options):
    return RetentionQuery(scope, start, returning, **{"interval": "week", "periods": 3, **options})


def cohorts(lake: MemoryLake, wanted: RetentionQuery, now: datetime = LATER) -> list[Cohort]:
    buckets = retention_buckets(wanted)
    return read_retention(lake.run(retention(wanted, buckets)), wanted, buckets, now)


def users(found: Sequence[Cohort]) -> list[tuple[int, list[int]]]:
    return [(cohort.size, [cell.users for cell in cohort.cells]) for cohort in found]


def test_a_recurring_user_is_in_every_cohort_with_a_start_event():
    lake = lake_of(
        [on("2026-03-02", "start"), on("2026-03-09", "start"), on("2026-03-16", "return")]
    )

    assert users(cohorts(lake, query(weeks(), cohorts="recurring"))) == [
        (1, [0, 0, 1]),
        (1, [0, 1, 0]),
    ]
    assert users(cohorts(lake, query(weeks()))) == [(1, [0, 0, 1]), (0, [0, 0, 0])]


def test_the_first_start_event_may_be_before_the_range():
    lake = lake_of(
        [
            on("2020-01-01", "start", "old"),
            on("2026-03-02", "start", "old"),
            on("2026-03-02", "start"),
        ]
    )

    assert [size for size, _ in users(cohorts(lake, query(weeks())))] == [1, 0]
    assert [size for size, _ in users(cohorts(lake, query(weeks(), cohorts="recurring")))] == [2, 0]


def test_the_first_start_event_must_meet_the_filters():
    step = Step("start", (Condition(Property(("plan",)), "is", ("pro",)),))
    lake = lake_of([on("2020-01-01", "start")])
    lake.add([Row("start", "u", datetime(2026, 3, 3, tzinfo=UTC), {"plan": "pro"})])

    assert users(cohorts(lake, query(weeks(), step)))[0][0] == 1


def test_period_0_needs_a_return_event_at_or_after_the_start_event():
    lake = lake_of(
        [
            *(on("2026-03-03", "start", "after"), on("2026-03-03", "return", "after", hour=13)),
            *(on("2026-03-03", "start", "same"), on("2026-03-03", "return", "same")),
            *(on("2026-03-03", "start", "before"), on("2026-03-03", "return", "before", hour=11)),
        ]
    )

    assert users(cohorts(lake, query(weeks())))[0] == (3, [2, 0, 0])


def test_the_start_event_itself_can_be_the_return_event():
    lake = lake_of([on("2026-03-03", "start")])

    assert users(cohorts(lake, query(weeks(), ANY, ANY)))[0] == (1, [1, 0, 0])


def test_on_or_after_counts_users_who_return_in_a_later_period_of_the_table():
    lake = lake_of(
        [
            *(on("2026-03-03", "start", "u1"), on("2026-03-17", "return", "u1")),
            *(on("2026-03-03", "start", "u2"), on("2026-03-24", "return", "u2")),
        ]
    )

    assert users(cohorts(lake, query(weeks(), mode="on_or_after")))[0] == (2, [1, 1, 1])


def test_returns_after_the_range_count_and_starts_after_it_don_t():
    scope = weeks(last="2026-03-10")  # a Tuesday
    lake = lake_of(
        [
            *(on("2026-03-10", "start", "u1"), on("2026-03-12", "return", "u1")),
            *(on("2026-03-11", "start", "u2"), on("2026-03-23", "return", "u1")),
        ]
    )

    assert users(cohorts(lake, query(scope))) == [(0, [0, 0, 0]), (1, [1, 0, 1])]


def test_cells_whose_interval_has_not_ended_are_incomplete():
    now = datetime(2026, 3, 16, tzinfo=UTC)
    first, second = cohorts(lake_of([]), query(weeks()), now)

    assert [cell.complete for cell in first.cells] == [True, True, False]
    assert [cell.complete for cell in second.cells] == [True, False, False]


def test_the_overall_rate_pools_complete_cells():
    table = [(1000, [1000, 500], 2), (500, [500, 400], 2), (100, [50, 90], 1)]
    found = [
        Cohort(
            date(2026, 3, 2),
            size,
            [Cell(period, count, period < complete) for period, count in enumerate(counts)],
        )
        for size, counts, complete in table
    ]

    assert pooled_rates(found, 2) == [1550 / 1600, 900 / 1500]
    assert pooled_rates([], 2) == [None, None]


def test_a_scan_of_first_time_cohorts_reads_all_days_before_the_end():
    first_time, recurring = (query(weeks(), cohorts=kind) for kind in ("first_time", "recurring"))
    scans = [retention(each, retention_buckets(each)) for each in (first_time, recurring)]

    assert [(scan.first_day, scan.last_day) for scan in scans] == [
        ("0001-01-01", "2026-03-29"),
        ("2026-03-02", "2026-03-29"),
    ]


def test_cohorts_have_the_dates_of_their_local_intervals():
    zone = ZoneInfo("America/New_York")
    scope = weeks("2026-03-04", "2026-04-02", zone)
    dates = [cohort.date for cohort in cohorts(lake_of([]), query(scope, week_start="sunday"))]
    months = [cohort.date for cohort in cohorts(lake_of([]), query(scope, interval="month"))]

    assert dates == [date(2026, 3, 1) + timedelta(days=7 * week) for week in range(5)]
    assert months == [date(2026, 3, 1), date(2026, 4, 1)]


def test_a_skipped_day_is_no_cohort_and_no_period():
    scope = weeks("2011-12-29", "2011-12-29", ZoneInfo("Pacific/Apia"))
    moments = [datetime(2011, 12, 30, 9, tzinfo=UTC), datetime(2011, 12, 30, 11, tzinfo=UTC)]
    lake = lake_of([Row("start", "u", moments[0]), Row("return", "u", moments[1])])

    assert users(cohorts(lake, query(scope, interval="day"))) == [(1, [0, 1, 0])]


# -- the recount --

BERLIN = ZoneInfo("Europe/Berlin")
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
ROWS = st.lists(
    st.builds(
        lambda kind, user, past: Row(kind, user, MARCH + past),
        st.sampled_from(("start", "return", "other")),
        st.sampled_from(("u1", "u2", "u3")),
        st.timedeltas(timedelta(), timedelta(days=90))
        | st.integers(0, 90 * 24).map(lambda hours: timedelta(hours=hours)),
    ),
    max_size=14,
)
SPANS = st.builds(
    lambda first, days: LocalRange(first, first + timedelta(days), BERLIN),
    st.dates(date(2026, 3, 1), date(2026, 4, 20)),
    st.integers(0, 30),
)


def following(start: date, interval: str) -> date:
    days = {"day": 1, "week": 7, "month": 31}[interval]
    return start_of_interval(start + timedelta(days=days), interval, "monday")


def recount(rows: Sequence[Row], wanted: RetentionQuery) -> list[tuple[date, int, list[int]]]:
    span, interval = wanted.scope.span, wanted.interval

    def interval_of(row: Row) -> date:
        return start_of_interval(row.time.astimezone(BERLIN).date(), interval, "monday")

    starts = [row for row in rows if wanted.start.event_type in (None, row.event_type)]
    returns = [row for row in rows if wanted.returning.event_type in (None, row.event_type)]
    table: list[tuple[date, int, list[int]]] = []
    cohort = start_of_interval(span.first, interval, "monday")
    while cohort <= span.last:
        members: dict[str, datetime] = {}
        for user in {row.user_id for row in starts}:
            own = sorted((row for row in starts if row.user_id == user), key=lambda row: row.time)
            inside = [
                row
                for row in (own[:1] if wanted.cohorts == "first_time" else own)
                if span.first <= row.time.astimezone(BERLIN).date() <= span.last
                and interval_of(row) == cohort
            ]
            if inside:
                members[user] = inside[0].time
        periods: list[set[str]] = []
        moment = cohort
        for period in range(wanted.periods):
            periods.append(
                {
                    row.user_id
                    for row in returns
                    if row.user_id in members
                    and interval_of(row) == moment
                    and (period > 0 or row.time >= members[row.user_id])
                }
            )
            moment = following(moment, interval)
        if wanted.mode == "on_or_after":
            periods = [set().union(*periods[period:]) for period in range(wanted.periods)]
        table.append((cohort, len(members), [len(each) for each in periods]))
        cohort = following(cohort, interval)
    return table


@FUZZ
@given(
    ROWS,
    SPANS,
    st.sampled_from(((START, RETURN), (START, START), (ANY, ANY), (ANY, RETURN))),
    st.fixed_dictionaries(
        {
            "interval": st.sampled_from(("day", "week", "month")),
            "cohorts": st.sampled_from(("first_time", "recurring")),
            "mode": st.sampled_from(("on", "on_or_after")),
            "periods": st.integers(1, 4),
        }
    ),
)
def test_retention_equals_a_recount(
    rows: list[Row],
    span: LocalRange,
    steps: tuple[Step, Step],
    options: dict[str, Any],
):
    wanted = query(Scope(span), *steps, **options)
    found = [
        (cohort.date, cohort.size, [cell.users for cell in cohort.cells])
        for cohort in cohorts(lake_of(rows), wanted)
    ]

    assert found == recount(rows, wanted)


@pytest.mark.parametrize("mode", ["on", "on_or_after"])
def test_on_or_after_never_rises(mode: str):
    rows = [on(f"2026-03-{day:02}", "start" if day % 3 else "return") for day in range(2, 30)]
    ((_, counts), *_) = users(cohorts(lake_of(rows), query(weeks(), mode=mode)))

    assert counts == [1, 1, 1]
