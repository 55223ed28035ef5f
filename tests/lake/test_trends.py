"""Trends equal a recount of the events in plain Python."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from math import floor
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.calendars import (
    LocalRange,
    buckets_of,
    previous_period,
    shifted,
    start_of_interval,
)
from api.domain.insight_filters import Condition, Field, Property
from api.domain.insights import Breakdown, Figures, Group, Scope, Series, Step, TrendQuery
from api.lake.queries.groups import read_group
from api.lake.queries.sql import Arguments, bucket
from api.lake.queries.trends import read_trend, trend
from tests.fuzz.amount import FUZZ
from tests.lake.memory import MemoryLake, Row, lake_of

AMOUNT, PLAN = Property(("amount",)), Property(("plan",))
NUMERIC = ("sum", "average", "min", "max", "p50", "p90", "p95", "p99")
AGGREGATES = ("total", "unique_users", "per_user", *NUMERIC)
BERLIN = ZoneInfo("Europe/Berlin")
MARCH = LocalRange(date(2026, 3, 27), date(2026, 3, 31), BERLIN)


def figures(
    lake: MemoryLake, span: LocalRange, series: Series, interval: str = "day", **options: Any
) -> dict[Group | None, Figures]:
    """Return the figures of a series per group, in their order."""
    query = TrendQuery(Scope(span), (series,), interval, **options)
    buckets = buckets_of(span, interval, query.week_start)
    rows = read_trend(lake.run(trend(query, 0, buckets)), series.aggregate, len(buckets.labels))
    return {
        query.breakdown and read_group(query.breakdown.attribute, group): rows.figures[group]
        for group in rows.groups
    }


def at(time: str, user_id: str = "u", **properties: Any) -> Row:
    return Row("A", user_id, datetime.fromisoformat(time).astimezone(UTC), properties)


def series(aggregate: str = "total", event_type: str | None = None) -> Series:
    return Series(Step(event_type), aggregate, AMOUNT if aggregate in NUMERIC else None)


def test_an_event_belongs_to_its_local_day():
    lake = lake_of(
        [
            *(at("2026-03-28T23:59:59+01:00"), at("2026-03-29T00:00:00+01:00")),
            *(at("2026-03-29T23:59:59+02:00"), at("2026-03-30T00:00:00+02:00")),
            *(at("2026-03-26T23:59:59+01:00"), at("2026-04-01T00:00:00+02:00")),
        ]
    )

    assert figures(lake, MARCH, series())[None] == Figures(4, [0, 1, 2, 1, 0])


def test_hours_of_the_day_on_which_an_hour_is_repeated():
    autumn = LocalRange(date(2026, 10, 25), date(2026, 10, 25), BERLIN)
    lake = lake_of([at("2026-10-25T02:30:00+02:00"), at("2026-10-25T02:30:00+01:00")])
    values = figures(lake, autumn, series(), "hour")[None].values

    assert len(values) == 25
    assert values[2:4] == [1, 1]


@pytest.mark.parametrize("aggregate", ["unique_users", "per_user"])
def test_many_users_of_many_days_need_little_memory(aggregate: str):
    users, days = 20_000, 60
    lake = MemoryLake()
    lake.connection.execute("SET memory_limit = '50MB'; DROP TABLE stored")
    lake.connection.execute(
        'CREATE VIEW stored AS SELECT "timestamp"::DATE AS day, * FROM (SELECT '
        "TIMESTAMPTZ '2026-03-01 12:00:00+00' + to_days((n // 20000)::INT) AS \"timestamp\", "
        "'A' AS event_type, 'user-' || n % 20000 AS user_id FROM range(60 * 20000) r(n))"
    )
    span = LocalRange(date(2026, 3, 1), date(2026, 4, 29), ZoneInfo("UTC"))

    found = figures(lake, span, series(aggregate))[None]

    expected = Figures(users, [users] * days) if aggregate == "unique_users" else None
    assert found == (expected or Figures(days, [1] * days))


def test_a_scan_reads_the_utc_days_that_the_local_days_touch():
    query = TrendQuery(Scope(MARCH), (series(),), "day")
    scan = trend(query, 0, buckets_of(MARCH, "day", "monday"))

    assert (scan.first_day, scan.last_day) == ("2026-03-26", "2026-03-31")


def test_unique_users_of_the_range_are_distinct():
    days = ("27", "28", "28")
    lake = lake_of(at(f"2026-03-{day}T12:00:00+01:00", user) for day in days for user in "ab")

    assert figures(lake, MARCH, series("unique_users"))[None] == Figures(2, [2, 2, 0, 0, 0])
    assert figures(lake, MARCH, series("per_user"))[None] == Figures(3, [1, 2, None, None, None])


def test_values_that_are_not_numbers_are_not_aggregated():
    values: Iterable[Any] = (1, 2.5, "4", True, None, [8])
    lake = lake_of(at("2026-03-27T12:00:00+01:00", amount=value) for value in values)
    found = {name: figures(lake, MARCH, series(name))[None].total for name in NUMERIC}

    assert found == pytest.approx(
        {
            "sum": 3.5,
            "average": 1.75,
            "min": 1,
            "max": 2.5,
            "p50": 1.75,
            "p90": 2.35,
            "p95": 2.425,
            "p99": 2.485,
        }
    )


def test_a_range_with_events_but_without_numbers_has_no_average():
    lake = lake_of([at("2026-03-27T12:00:00+01:00", amount="1")])
    found = {name: figures(lake, MARCH, series(name))[None].total for name in NUMERIC}

    assert found == {name: 0 if name == "sum" else None for name in NUMERIC}


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_a_range_without_events_has_no_rows(aggregate: str):
    assert figures(lake_of([]), MARCH, series(aggregate)) == {}


def test_a_breakdown_shows_the_most_frequent_values_all_others_and_none():
    plans: Sequence[Any] = ("pro", "pro", "pro", 1, 1.0, "1", True, None, ["x"])
    lake = lake_of(at("2026-03-27T12:00:00+01:00", plan=plan) for plan in plans)
    lake.add([at("2026-03-28T12:00:00+01:00")])
    found = figures(lake, MARCH, series(), breakdown=Breakdown(PLAN, 2))

    assert {group: value.total for group, value in found.items()} == {
        Group("value", "pro"): 3,
        Group("value", 1): 2,
        Group("other", "other"): 3,
        Group("none", "(none)"): 2,
    }
    assert [group and group.kind for group in found] == ["value", "value", "other", "none"]
    assert found[Group("none", "(none)")].values == [1, 1, 0, 0, 0]


def test_values_named_like_the_special_groups_are_values():
    lake = lake_of(at("2026-03-27T12:00:00+01:00", plan=plan) for plan in ("other", "(none)"))
    found = figures(lake, MARCH, series(), breakdown=Breakdown(PLAN, 5))

    assert list(found) == [Group("value", "(none)"), Group("value", "other")]


def test_the_users_of_all_other_values_are_distinct():
    lake = lake_of(
        at("2026-03-27T12:00:00+01:00", user, plan=plan)
        for user, plan in [("u1", "a"), ("u2", "a"), ("u3", "b"), ("u3", "c"), ("u1", "c")]
    )
    found = figures(lake, MARCH, series("unique_users"), breakdown=Breakdown(PLAN, 1))

    assert found[Group("other", "other")] == Figures(2, [2, 0, 0, 0, 0])


def test_a_breakdown_by_type_keeps_types_that_look_like_json():
    moment = datetime(2026, 3, 27, 12, tzinfo=UTC)
    lake = lake_of(Row(name, "u", moment) for name in ("1", "null", '"x"', "[", "1"))
    found = figures(lake, MARCH, series(), breakdown=Breakdown(Field("event_type")))

    assert [group and group.value for group in found] == ["1", '"x"', "[", "null"]


def test_a_comparison_uses_the_groups_of_the_range_itself():
    now = [at("2026-03-27T12:00:00+01:00", plan=plan) for plan in ("a", "a", "b")]
    before = [at("2026-03-22T12:00:00+01:00", plan=plan) for plan in ("b", "c", "c")]
    lake = lake_of([*now, *before])
    query = TrendQuery(Scope(MARCH), (series(),), "day", breakdown=Breakdown(PLAN, 1))
    buckets = buckets_of(MARCH, "day", "monday")
    current = read_trend(lake.run(trend(query, 0, buckets)), "total", 5)
    earlier = shifted(buckets, MARCH, previous_period)
    scan = trend(query, 0, earlier, current.keys)
    previous = read_trend(lake.run(scan), "total", 5)

    assert (scan.first_day, scan.last_day) == ("2026-03-21", "2026-03-26")
    assert current.keys == ['"a"']
    assert {group: found.total for group, found in previous.figures.items()} == {("other", None): 3}
    assert previous.figures["other", None].values == [3, 0, 0, 0, 0]


# -- the recount --

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
FEBRUARY = datetime(2026, 2, 20, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=70)).map(lambda past: FEBRUARY + past)
CHANGES = st.sampled_from(
    [
        datetime(2026, 3, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 3, 8, 6, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 4, 4, 15, 15, tzinfo=UTC),
    ]
)
ROWS = st.lists(
    st.builds(
        lambda kind, user, time, amount, plan: Row(kind, user, time, {**amount, **plan}),
        st.sampled_from("AB"),
        st.sampled_from(("u1", "u2", "u3")),
        MOMENTS | CHANGES,
        st.fixed_dictionaries({}, optional={"amount": st.integers(-9, 9) | st.just("1")}),
        st.fixed_dictionaries(
            {}, optional={"plan": st.sampled_from(["a", "b", 1, 1.0, "1", None])}
        ),
    ),
    max_size=12,
)
SPANS = st.builds(
    lambda first, days, zone: LocalRange(first, first + timedelta(days), ZoneInfo(zone)),
    st.dates(date(2026, 2, 22), date(2026, 4, 10)),
    st.integers(0, 20),
    st.sampled_from(ZONES),
)


def label_of(row: Row, span: LocalRange, interval: str) -> Any:
    """Return the local hour with its offset, or the first day of the day, week or month."""
    local = row.time.astimezone(span.zone)
    if interval == "hour":
        return local.date(), local.hour, local.utcoffset()
    return start_of_interval(local.date(), interval, "sunday")


def percentile(numbers: Sequence[float], part: float) -> float:
    ordered = sorted(numbers)
    position = part * (len(ordered) - 1)
    low = floor(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def aggregated(rows: Sequence[Row], aggregate: str) -> float | None:
    numbers = [
        row.properties["amount"]
        for row in rows
        if isinstance(row.properties.get("amount"), int | float)
    ]
    users = len({row.user_id for row in rows})
    if aggregate in ("total", "unique_users"):
        return len(rows) if aggregate == "total" else users
    if aggregate == "per_user":
        return len(rows) / users if users else None
    if not numbers:
        return 0 if aggregate == "sum" else None
    simple = {"sum": sum, "average": fmean, "min": min, "max": max}
    if aggregate in simple:
        return simple[aggregate](numbers)
    return percentile(numbers, int(aggregate[1:]) / 100)


def group_of(row: Row, kept: Sequence[str]) -> Group:
    value = row.properties.get("plan")
    if value is None:
        return Group("none", "(none)")
    return Group("value", value) if key_of(value) in kept else Group("other", "other")


def key_of(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:.1f}"


@FUZZ
@given(
    ROWS,
    SPANS,
    st.sampled_from(AGGREGATES),
    st.sampled_from(("hour", "day", "week", "month")),
    st.none() | st.integers(1, 3),
)
def test_figures_equal_a_recount(
    rows: list[Row], span: LocalRange, aggregate: str, interval: str, limit: int | None
):
    if interval == "hour" and str(span.zone) == "Australia/Lord_Howe":
        span = LocalRange(span.first, span.last, BERLIN)  # its clocks change by half an hour
    breakdown = limit and Breakdown(PLAN, limit)
    found = figures(
        lake_of(rows),
        span,
        series(aggregate, "A"),
        interval,
        week_start="sunday",
        breakdown=breakdown or None,
    )
    inside = [
        row
        for row in rows
        if row.event_type == "A"
        and span.first <= row.time.astimezone(span.zone).date() <= span.last
    ]
    plans = Counter(
        key_of(plan) for row in inside if (plan := row.properties.get("plan")) is not None
    )
    kept = sorted(plans, key=lambda key: (-plans[key], key))[: limit or 0]
    groups: dict[Group | None, list[Row]] = {}
    for row in inside:
        groups.setdefault(group_of(row, kept) if limit else None, []).append(row)

    labels = [
        (label.date(), label.hour, label.utcoffset()) if interval == "hour" else label.date()
        for label in buckets_of(span, interval, "sunday").labels
    ]
    assert found.keys() == groups.keys()
    for group, members in groups.items():
        by_label = [[row for row in members if label_of(row, span, interval) == x] for x in labels]
        assert found[group].total == pytest.approx(aggregated(members, aggregate))
        assert found[group].values == pytest.approx([aggregated(m, aggregate) for m in by_label])


@FUZZ
@given(st.lists(st.integers(0, 5), min_size=1, max_size=12), st.integers(-3, 70))
def test_the_bucket_of_a_time_is_found_for_any_widths(widths: list[int], offset: int):
    start = datetime(2026, 3, 10, tzinfo=UTC)
    edges = [start + timedelta(minutes=sum(widths[:index])) for index in range(len(widths) + 1)]
    time = start + timedelta(minutes=offset)
    if not edges[0] <= time < edges[-1]:
        return
    arguments = Arguments()
    sql = f"SELECT {bucket(arguments, edges, f'epoch_us({arguments.add(time)})')}"
    ((index,),) = lake_of([]).run(arguments.scan(sql, ("2026-03-10", "2026-03-10")))

    assert edges[index] <= time < edges[index + 1]


def test_one_filtered_series_counts_only_its_events():
    lake = lake_of(
        at("2026-03-27T12:00:00+01:00", user, plan=plan)
        for user, plan in [("u1", "a"), ("u2", "a"), ("u1", "b")]
    )
    step = Step(None, (Condition(PLAN, "is", ("a",)),))

    assert figures(lake, MARCH, Series(step, "total"))[None].total == 2
