"""Every flight becomes exactly one event with the correct time."""

import json
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from flights import UNKNOWN_TAIL, data_folder, flight_events, scheduled_departure, write


@pytest.fixture(scope="module")
def january(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flights")
    write(folder, month=1)
    return folder


@pytest.fixture(scope="module")
def events(january: Path) -> pd.DataFrame:
    lines = (january / "events.ndjson").read_text().splitlines()
    return pd.DataFrame([json.loads(line) for line in lines])


@pytest.fixture(scope="module")
def source() -> pd.DataFrame:
    with ZipFile(data_folder() / "flights.csv.zip") as archive:
        flights = pd.read_csv(archive.open("flights.csv"))
    return flights[flights.month == 1].reset_index(drop=True)


def row(month: int, day: int, hhmm: int, **columns: str) -> dict[str, str]:
    return {
        "year": "2013",
        "month": str(month),
        "day": str(day),
        "sched_dep_time": str(hhmm),
        "dep_time": "NA",
        "carrier": "UA",
        "flight": "1",
        "origin": "EWR",
        "tailnum": "NA",
    } | columns


def test_every_flight_is_one_event_of_its_carrier(events: pd.DataFrame, source: pd.DataFrame):
    expected = Counter(f"org_{carrier.lower()}" for carrier in source.carrier)

    assert Counter(events.org_id) == expected
    assert events.event_id.is_unique


def test_timestamps_agree_with_the_hour_the_source_gives_in_utc(
    events: pd.DataFrame, source: pd.DataFrame
):
    times = pd.to_datetime(events.timestamp)

    assert (times.dt.floor("h") == pd.to_datetime(source.time_hour)).all()
    assert (times.dt.minute == source.sched_dep_time % 100).all()


def test_flights_without_departure_are_cancelled(events: pd.DataFrame, source: pd.DataFrame):
    assert ((events.event_type == "flight_cancelled") == source.dep_time.isna()).all()


def test_missing_tail_numbers_share_one_named_user(events: pd.DataFrame, source: pd.DataFrame):
    assert list(events.user_id) == list(source.tailnum.fillna(UNKNOWN_TAIL))


def test_numbers_are_integers_and_missing_numbers_are_omitted(
    events: pd.DataFrame, source: pd.DataFrame
):
    delays = [properties.get("arr_delay") for properties in events.properties]

    assert all(delay is None or isinstance(delay, int) for delay in delays)
    assert sum(delay is None for delay in delays) == source.arr_delay.isna().sum()
    assert sum(filter(None, delays)) == source.arr_delay.sum()


def test_carriers_are_organizations_with_their_names(january: Path):
    organizations = pd.read_csv(january / "organizations.csv")

    assert len(organizations) == 16
    assert dict(zip(organizations.org_id, organizations.name, strict=True))["org_ua"] == (
        "United Air Lines Inc."
    )


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        (row(1, 15, 1230), "2013-01-15T17:30"),
        (row(7, 15, 1230), "2013-07-15T16:30"),
        (row(3, 10, 159), "2013-03-10T06:59"),
        (row(3, 10, 230), "2013-03-10T07:30"),
        (row(3, 10, 300), "2013-03-10T07:00"),
        (row(11, 3, 130), "2013-11-03T05:30"),
        (row(11, 3, 200), "2013-11-03T07:00"),
    ],
    ids=[
        "winter",
        "summer",
        "before the skipped hour",
        "in the skipped hour",
        "after the skipped hour",
        "in the repeated hour",
        "after the repeated hour",
    ],
)
def test_wall_clock_times_become_utc(local: dict[str, str], utc: str):
    assert scheduled_departure(local).isoformat(timespec="minutes") == f"{utc}+00:00"


def test_a_flight_listed_twice_on_a_day_becomes_two_events():
    twice = flight_events([row(1, 1, 800), row(1, 1, 900), row(1, 2, 800)])

    assert [event["event_id"] for event in twice] == [
        "UA-1-EWR-20130101",
        "UA-1-EWR-20130101-2",
        "UA-1-EWR-20130102",
    ]
