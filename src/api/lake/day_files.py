"""Parquet files of the events of a day, with the columns of the lake's tables."""

import re
from pathlib import Path

from api.lake.databases import Limits, open_database

_COLUMNS = {
    "timestamp": "TIMESTAMPTZ",
    "event_id": "VARCHAR",
    "org_id": "VARCHAR",
    "event_type": "VARCHAR",
    "user_id": "VARCHAR",
    "source": "VARCHAR",
    "properties": "VARCHAR",
    "received_at": "TIMESTAMPTZ",
    "clock_skew_ms": "BIGINT",
}


def write_day_file(lines: Path, out: Path) -> None:
    """Convert a file of JSON lines to a Parquet file, and keep the order of the lines.

    Each line is an event whose properties are a string that contains JSON.
    """
    path = re.sub(r"[*?[]", "[\\g<0>]", str(lines))  # DuckDB reads all files that match a pattern
    with open_database(Limits()) as database:
        events = database.read_json(
            path, columns=_COLUMNS, format="newline_delimited", hive_partitioning=False
        )
        events.write_parquet(str(out), compression="zstd")
