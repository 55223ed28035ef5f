"""Convert the visits of a shop (PyPI `retentioneering`, Apache-2.0) to events for the import.

The source has 31,106 events of 600 users in the first months of 2024, without a time zone. They
are read as UTC.

    uv run python sample_data/shop.py --out sample_data/generated/shop
"""

import argparse
import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ORG_ID = "org_shop"
EVENTS = 31_106
PROPERTIES = ("session_id", "platform", "acquisition_channel", "user_cohort", "user_lifecycle")

type Row = dict[str, str]


def data_file() -> Path:
    package = find_spec("retentioneering")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("retentioneering is not installed. Run: uv sync")
    return Path(package.submodule_search_locations[0]) / "datasets/ecom.csv.gz"


def read_visits() -> Iterator[Row]:
    """Return the package's rows as text."""
    with gzip.open(data_file(), "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def shop_events(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Yield one event per row, in the same order, with the same ids on every run."""
    seen: Counter[str] = Counter()
    for row in rows:
        session = row["session_id"]
        seen[session] += 1
        yield {
            "event_id": f"{session}-{seen[session]:03}",
            "org_id": ORG_ID,
            "user_id": row["user_id"],
            "event_type": row["event"],
            "properties": {name: row[name] for name in PROPERTIES if row[name]},
            "timestamp": row["timestamp"].replace(" ", "T") + "Z",
        }


def write(folder: Path) -> None:
    """Write the organisation, a member and the events into `folder`, and create the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "organizations.csv").write_text(
        f"org_id,name,plan,created_at\n{ORG_ID},Example Shop,growth,2024-01-01T00:00:00.000000Z\n",
        encoding="utf-8",
    )
    (folder / "user_orgs.csv").write_text(
        f"user_id,org_id,role,joined_at\nuser_002,{ORG_ID},admin,2024-01-01T00:00:00.000000Z\n",
        encoding="utf-8",
    )
    with (folder / "events.ndjson").open("w", newline="\n", encoding="utf-8") as file:
        for event in shop_events(read_visits()):
            file.write(json.dumps(event, separators=(",", ":")) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    write(parser.parse_args().out)


if __name__ == "__main__":
    main()
