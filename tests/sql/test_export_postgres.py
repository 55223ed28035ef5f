"""`analytics export --to-postgres` copies events from a real API to a real PostgreSQL."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from api.cli.export_journal import Progress
from api.cli.export_postgres import open_postgres
from scripts.servers import serve
from sql import QUERIES
from sql.sample import SAMPLE, read_events, read_table
from tests.sql.conftest import an_event, insert

RANGE = ("--from", "2026-09-01", "--to", "2026-11-30")
COMMAND = (sys.executable, "-m", "api.cli")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of the API on the sample data."""
    environment = {"ANALYTICS_DATA_DIR": str(tmp_path_factory.mktemp("api"))}
    subprocess.run(  # noqa: S603
        [*COMMAND, "seed", SAMPLE],
        env=os.environ | environment,
        check=True,
        capture_output=True,
    )
    with serve("api.main:app", environment, ready="/healthz") as server:
        yield server.url


def start(api: str, dsn: str, *options: str, org: str = "org_acme") -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603
        [*COMMAND, "export", "--to-postgres", dsn, "--org", org, "--url", api, *RANGE, *options],
        stderr=subprocess.PIPE,
        text=True,
    )


def export(api: str, dsn: str, *options: str, org: str = "org_acme") -> tuple[int, str]:
    """Return the exit code and the last lines of standard error."""
    process = start(api, dsn, *options, org=org)
    _, stderr = process.communicate(timeout=60)
    return process.returncode, stderr


def stored(dsn: str) -> list[dict[str, Any]]:
    """Return every event in the database as the API returns it, oldest first."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT event_id, org_id, user_id, event_type, properties, source, "
            """to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') """
            "FROM events ORDER BY timestamp, event_id, source DESC"
        ).fetchall()
    names = ("event_id", "org_id", "user_id", "event_type", "properties", "source", "timestamp")
    return [dict(zip(names, row, strict=True)) for row in rows]


def expected(*orgs: str) -> list[dict[str, Any]]:
    events = [e | {"source": "trusted"} for e in read_events() if e["org_id"] in orgs]
    return sorted(events, key=lambda event: (event["timestamp"], event["event_id"]))


def unfinished(dsn: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn) as connection:
        return [progress for (progress,) in connection.execute("SELECT progress FROM exports")]


def test_all_events_are_exported_and_a_second_run_adds_none(api: str, empty_dsn: str):
    total = len(expected("org_acme"))

    code, first = export(api, empty_dsn)
    again, second = export(api, empty_dsn)

    assert code == again == 0, first + second
    assert f"{total:,} events" in first
    assert f"this run stored {total:,} of them" in first
    assert "this run stored 0 of them" in second
    assert stored(empty_dsn) == expected("org_acme")
    assert unfinished(empty_dsn) == []


def test_exports_of_organizations_are_combined(api: str, empty_dsn: str):
    for org in ("org_globex", "org_initech"):
        assert export(api, empty_dsn, org=org)[0] == 0

    assert stored(empty_dsn) == expected("org_globex", "org_initech")


def test_the_organization_is_exported_with_its_name_and_plan(api: str, empty_dsn: str):
    own = {row["org_id"]: row for row in read_table("organizations")}
    as_operator = f"{empty_dsn} options='-c role=analytics_operator'"
    with psycopg.connect(empty_dsn) as connection:
        connection.execute("DELETE FROM organizations")
        connection.execute("INSERT INTO organizations VALUES ('org_acme', 'Before', 'free')")
    for org in own:
        assert export(api, as_operator, org=org)[0] == 0
    with psycopg.connect(empty_dsn) as connection:
        top = connection.execute(QUERIES["top_organizations"], {"as_of": "2026-11-22"}).fetchall()
        since = dict(connection.execute("SELECT org_id, created_at FROM organizations").fetchall())

    assert len(top) == len(own) == 3
    for _, org_id, name, plan, events in top:
        assert (name, plan) == (own[org_id]["name"], own[org_id]["plan"])
        assert events > 0
    assert since == {o: datetime.fromisoformat(row["created_at"]) for o, row in own.items()}


def test_a_killed_export_resumes(api: str, empty_dsn: str):
    events = expected("org_acme")
    with psycopg.connect(empty_dsn) as blocker:
        # The export waits at the third page for the transaction that inserts one of its events.
        blocker.execute("SELECT create_event_partitions('2026-09-01', '2026-11-30')")
        blocker.commit()
        blocker.execute(QUERIES["insert_events"], {"events": Jsonb([events[450]])})
        process = start(api, empty_dsn)
        deadline = time.monotonic() + 30
        while [p["events"] for p in unfinished(empty_dsn)] != [400]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        blocker.rollback()

    assert stored(empty_dsn) == events[:400]
    code, stderr = export(api, empty_dsn)

    assert code == 0, stderr
    assert f"{len(events):,} events" in stderr
    assert f"this run stored {len(events) - 400:,} of them" in stderr
    assert stored(empty_dsn) == events


def test_a_run_that_failed_at_its_end_resumes_without_new_events(api: str, empty_dsn: str):
    with psycopg.connect(empty_dsn) as connection:
        connection.execute("REVOKE DELETE ON exports FROM analytics_operator")
    as_operator = f"{empty_dsn} options='-c role=analytics_operator'"
    stopped, _ = export(api, as_operator)
    code, stderr = export(api, empty_dsn)

    assert (stopped, code) == (2, 0)
    assert f"{len(expected('org_acme')):,} events" in stderr
    assert "this run stored 0 of them" in stderr
    assert unfinished(empty_dsn) == []


def test_an_operator_may_export(api: str, empty_dsn: str):
    code, stderr = export(api, f"{empty_dsn} options='-c role=analytics_operator'")

    assert code == 0, stderr
    assert stored(empty_dsn) == expected("org_acme")


def test_a_stray_old_event_creates_its_own_partition_only(empty_dsn: str):
    page = [
        an_event(timestamp=f"{day}T00:00:00.000000Z")
        for day in ("0001-01-01", "1970-01-01", "2026-10-05")
    ]
    with open_postgres(empty_dsn, {}) as target:
        target.write(page, None, Progress({}))

    with psycopg.connect(empty_dsn) as connection:
        names = connection.execute("SELECT DISTINCT tableoid::regclass::text FROM events")
        partitions = connection.execute("SELECT count(*) FROM pg_partition_tree('events')")
        assert sorted(names) == [("events_0001_01",), ("events_1970_01",), ("events_2026_10",)]
        assert partitions.fetchone() == (1 + 3,)


def test_without_the_tables_the_error_names_the_command_that_creates_them(
    api: str, new_database: Any
):
    code, stderr = export(api, new_database())

    assert code == 2
    assert "uv run python -m sql DSN" in stderr


def test_tables_of_an_earlier_version_are_upgraded(api: str, empty_dsn: str):
    with psycopg.connect(empty_dsn) as connection:
        connection.execute("ALTER TABLE events DROP COLUMN source, DROP COLUMN received_at")
        connection.execute("ALTER TABLE events ADD PRIMARY KEY (org_id, timestamp, event_id)")
        connection.execute("SELECT create_event_partitions('2026-10-01', '2026-10-01')")
        connection.execute(
            "INSERT INTO events (org_id, timestamp, event_id, event_type, user_id)"
            " VALUES ('org_a', '2026-10-05', 'e', 't', 'u')"
        )
    before, stderr = export(api, empty_dsn)
    command = (sys.executable, "-m", "sql", "--upgrade", empty_dsn)
    upgrades = [subprocess.run(command, check=False).returncode for _ in range(2)]  # noqa: S603
    after, _ = export(api, empty_dsn)

    assert (before, upgrades, after) == (2, [0, 0], 0)
    assert "uv run python -m sql --upgrade DSN" in stderr
    with psycopg.connect(empty_dsn) as connection:
        assert insert(connection, an_event(timestamp="2026-10-05", event_id="e")) == 0
        twin = an_event(timestamp="2026-10-05", event_id="e", source="public")
        assert insert(connection, twin) == 1


def test_events_of_both_sources_are_stored(empty_dsn: str):
    page = [an_event(source=source) for source in ("trusted", "public")]
    with open_postgres(empty_dsn, {}) as target:
        target.write(page, None, Progress({}))

    assert [event["source"] for event in stored(empty_dsn)] == ["trusted", "public"]


def test_the_time_of_receipt_is_stored_if_the_api_returns_it(empty_dsn: str):
    moment = "2026-10-05T12:00:01.123456Z"
    page = [an_event(received_at=moment), an_event(event_id="e2", received_at=None)]
    with open_postgres(empty_dsn, {}) as target:
        target.write(page, None, Progress({}))
    with psycopg.connect(empty_dsn) as connection:
        insert(connection, an_event(event_id="e3", received_at=moment))
        rows = connection.execute("SELECT event_id, received_at FROM events").fetchall()

    received = datetime.fromisoformat(moment)
    assert dict(rows) == {"e1": received, "e2": None, "e3": received}


def test_a_rejected_event_is_named(api: str, empty_dsn: str):
    with psycopg.connect(empty_dsn) as connection:
        connection.execute("INSERT INTO organizations VALUES ('org_acme', 'Acme', 'pro')")
        connection.execute(
            "INSERT INTO event_schemas VALUES ('org_acme', 'page_viewed', 1, '$.path == 1')"
        )

    code, stderr = export(api, empty_dsn)

    assert code == 2
    assert "does not fit version 1 of page_viewed" in stderr
    assert "Run the same command again to resume." in stderr


@pytest.mark.parametrize("where", [[], ["out.ndjson", "--to-postgres", "dbname=x"]])
def test_exactly_one_destination_is_required(where: list[str], tmp_path: Path):
    result = subprocess.run(  # noqa: S603
        [*COMMAND, "export", "--org", "org_acme", *where],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 2
    assert "Name one destination" in result.stderr
    assert list(tmp_path.iterdir()) == []
