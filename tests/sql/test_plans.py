"""The queries read only the necessary partitions and use their indexes."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from benchmarks.sql_plans import DAYS, LAST_DAY, PAGE, VARIANTS, explain, fill, new_database
from sql import QUERIES


@pytest.fixture(scope="module")
def year(server: str) -> Iterator[psycopg.Connection]:
    """Return a connection to a database with 30,000 events of twelve months."""
    with new_database(server, "plans_of_a_year", 30_000, VARIANTS[0]) as connection:
        fill(connection, 30_000)
        yield connection


def scans(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the node type and the index or table name of every executed scan of events."""
    name = node.get("Index Name") or node.get("Relation Name") or ""
    if name.startswith("events_2") and node["Actual Loops"] and node["Node Type"].count("Scan"):
        yield node["Node Type"], name
    for child in node.get("Plans", ()):
        yield from scans(child)


def plan(
    connection: psycopg.Connection, name: str, role: str, parameters: dict[str, object]
) -> tuple[set[str], set[str], dict[str, Any]]:
    """Run a query. Return the months and indexes that were read, and the plan."""
    with connection.transaction():
        connection.execute(f"SET LOCAL ROLE {role}")
        connection.execute("SELECT set_config('app.org_id', 'org_3', true)")
        explained = explain(connection, name, parameters)
    found = list(scans(explained["Plan"]))
    months = {name[len("events_") :][:7] for _, name in found}
    indexes = {re.sub(r"events_\d{4}_\d\d_?", "", name) for _, name in found} - {""}
    return months, indexes, explained


def test_thirty_days_read_only_their_partitions(year: psycopg.Connection):
    parameters: dict[str, object] = {"as_of": "2026-09-10"}
    months, _, _ = plan(year, "top_organizations", "analytics_operator", parameters)

    assert months == {"2026_08", "2026_09"}


def test_partitions_of_the_last_thirty_days_are_chosen_when_the_query_starts(
    year: psycopg.Connection,
):
    months, _, explained = plan(year, "top_organizations", "analytics_operator", {"as_of": None})

    today = datetime.now(UTC)
    recent = {f"{today - timedelta(days=days):%Y_%m}" for days in range(32)}
    assert months <= recent
    assert "Subplans Removed" in str(explained)


def test_active_users_of_a_month_read_only_its_partition(year: psycopg.Connection):
    months, _, _ = plan(year, "daily_active_users", "analytics_operator", DAYS)

    assert months == {"2026_09"}


def test_active_users_of_a_tenant_need_only_an_index(year: psycopg.Connection):
    months, indexes, explained = plan(year, "daily_active_users", "analytics_tenant", DAYS)

    assert months == {"2026_09"}
    assert indexes == {"org_id_user_id_timestamp_idx"}
    assert "Index Only Scan" in str(explained)


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("events_of_organization", "pkey"),
        ("events_of_user", "org_id_user_id_timestamp_idx"),
        ("events_of_type", "org_id_event_type_timestamp_idx"),
        ("largest_amounts", "org_id_amount_idx"),
    ],
)
@pytest.mark.parametrize("role", ["analytics_tenant", "analytics_operator"])
def test_every_filter_uses_its_index_with_and_without_row_level_security(
    year: psycopg.Connection, role: str, name: str, index: str
):
    _, indexes, _ = plan(year, name, role, PAGE)

    assert indexes == {index}


def test_a_page_reads_no_partition_older_than_necessary(year: psycopg.Connection):
    newest = {**PAGE, "org_id": "org_0"}
    with year.transaction():
        year.execute("SET LOCAL ROLE analytics_operator")
        explained = explain(year, "events_of_organization", newest)

    assert {name for _, name in scans(explained["Plan"])} == {"events_2026_10_pkey"}


def test_each_page_begins_after_the_last_row_of_the_previous_page(year: psycopg.Connection):
    pages, after = [], (None, None, None)
    for _ in range(3):
        names = ("after_timestamp", "after_event_id", "after_source")
        cursor = dict(zip(names, after, strict=True))
        rows = year.execute(QUERIES["events_of_organization"], {**PAGE, **cursor}).fetchall()
        pages += [row[1:4] for row in rows]
        after = pages[-1]

    everything = year.execute(
        "SELECT timestamp, event_id, source FROM events WHERE org_id = 'org_3' AND timestamp < %s "
        "ORDER BY timestamp DESC, event_id DESC LIMIT 150",
        (LAST_DAY,),
    ).fetchall()
    assert pages == everything
