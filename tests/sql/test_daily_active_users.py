"""T1.2 returns the same numbers as a calculation in Python."""

from collections import defaultdict
from datetime import date, timedelta

import psycopg
import pytest

from sql import QUERIES
from sql.sample import read_events, read_table
from tests.sql.conftest import insert

type Row = tuple[str, date, int]


def recount(first: date, last: date) -> list[Row]:
    """Compute the expected result in Python."""
    users: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for event in read_events():
        users[event["org_id"], event["timestamp"][:10]].add(event["user_id"])
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    organizations = sorted(row["org_id"] for row in read_table("organizations"))
    return [(org, day, len(users[org, day.isoformat()])) for org in organizations for day in days]


def active(connection: psycopg.Connection, first: date, last: date) -> list[Row]:
    parameters = {"first_day": first, "last_day": last}
    return connection.execute(QUERIES["daily_active_users"], parameters).fetchall()


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 9, 9), date(2026, 11, 22)),
        (date(2026, 10, 31), date(2026, 11, 1)),
        (date(2026, 11, 22), date(2026, 11, 30)),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_every_organization_has_every_day(
    sample: psycopg.Connection, zone: str, first: date, last: date
):
    sample.execute("SELECT set_config('timezone', %s, true)", (zone,))

    assert active(sample, first, last) == recount(first, last)


def test_days_without_events_are_zero(sample: psycopg.Connection):
    rows = active(sample, date(2030, 1, 1), date(2030, 1, 3))

    assert len(rows) == 9
    assert {users for _, _, users in rows} == {0}


def test_a_day_begins_and_ends_at_midnight_in_utc(empty: psycopg.Connection):
    for user, timestamp in enumerate(
        ("2026-10-01T23:59:59.999999Z", "2026-10-02T00:00:00Z", "2026-10-02T23:59:59.999999Z")
    ):
        insert(empty, {"org_id": "org_a", "timestamp": timestamp, "user_id": f"user_{user}"})

    rows = active(empty, date(2026, 10, 2), date(2026, 10, 2))

    assert rows == [("org_a", date(2026, 10, 2), 2), ("org_b", date(2026, 10, 2), 0)]


def test_a_user_counts_once_per_day(empty: psycopg.Connection):
    for hour in range(5):
        insert(empty, {"timestamp": f"2026-10-02T0{hour}:00:00Z", "user_id": "same"})

    assert active(empty, date(2026, 10, 2), date(2026, 10, 2))[0][2] == 1
