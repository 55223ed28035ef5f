"""An in-memory DuckDB table `events`, on which tests run the statements of insights."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import duckdb
import pandas as pd

from api.lake.queries.sql import Scan

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SCHEMA = """
CREATE TABLE stored (
    day DATE, "timestamp" TIMESTAMPTZ, event_id VARCHAR, event_type VARCHAR, user_id VARCHAR,
    source VARCHAR, properties VARCHAR, received_at TIMESTAMPTZ, schema_version VARCHAR
)
"""


@dataclass(frozen=True)
class Row:
    """An event of a test."""

    event_type: str
    user_id: str = "u"
    time: datetime = NOON
    properties: Mapping[str, Any] = field(default_factory=dict)


def after(seconds: float, event_type: str, user_id: str = "u", **properties: Any) -> Row:
    return Row(event_type, user_id, NOON + timedelta(seconds=seconds), properties)


def spelled(text: str) -> list[Row]:
    """Return events such as `A0 B30`: their types, and the seconds since noon."""
    return [after(int(part[1:]), part[0]) for part in text.split()]


class MemoryLake:
    """A lake of one organisation. It reads only the days that a scan names, as the real one."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        config = {"enable_external_access": "false", "threads": "1", "temp_directory": ""}
        self.connection = duckdb.connect(config=config)
        self.connection.execute(SCHEMA)
        self.add(rows)

    def add(self, rows: Iterable[Row]) -> None:
        events = list(rows)
        self.add_columns(
            times=[row.time for row in events],
            types=[row.event_type for row in events],
            users=[row.user_id for row in events],
            properties=[json.dumps(row.properties) for row in events],
        )

    def add_columns(
        self,
        *,
        times: Sequence[datetime],
        types: Sequence[str],
        users: Sequence[str],
        properties: Sequence[str],
    ) -> None:
        frame = pd.DataFrame(
            {
                "t": pd.to_datetime(pd.Series(list(times), dtype="object"), utc=True),
                "type": pd.Series(list(types), dtype="object"),
                "user": pd.Series(list(users), dtype="object"),
                "properties": pd.Series(list(properties), dtype="object"),
            }
        )
        self.connection.register("frame", frame)
        self.connection.execute(
            "INSERT INTO stored SELECT (t AT TIME ZONE 'UTC')::DATE, t, 'e' || rowid, type, "
            "\"user\", 'trusted', properties, t, NULL FROM (SELECT *, row_number() OVER () AS "
            "rowid FROM frame)"
        )
        self.connection.unregister("frame")

    def run(self, scan: Scan) -> list[tuple[Any, ...]]:
        self.connection.execute(
            "CREATE OR REPLACE TEMP VIEW events AS SELECT * FROM stored "
            f"WHERE day BETWEEN DATE '{scan.first_day}' AND DATE '{scan.last_day}'"
        )
        statement = scan.statement
        return self.connection.execute(statement.sql, dict(statement.parameters)).fetchall()


@cache
def _shared() -> MemoryLake:
    return MemoryLake()


def lake_of(rows: Iterable[Row]) -> MemoryLake:
    """Return a lake with these events only. Opening DuckDB takes longer than most queries."""
    lake = _shared()
    lake.connection.execute("TRUNCATE stored")
    lake.add(rows)
    return lake
