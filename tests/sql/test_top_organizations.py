"""T1.1 returns the same numbers as a count in Python."""

from collections import Counter
from datetime import datetime, timedelta

import psycopg
import pytest

from sql import QUERIES
from sql.sample import read_events, read_table
from tests.sql.conftest import insert

type Row = tuple[int, str, str, str, int]


def recount(as_of: datetime) -> list[Row]:
    """Compute the expected result in Python."""
    organizations = {row["org_id"]: row for row in read_table("organizations")}
    moments = ((e["org_id"], datetime.fromisoformat(e["timestamp"])) for e in read_events())
    counts = Counter(org for org, moment in moments if as_of - timedelta(days=30) < moment <= as_of)
    rows = [
        (
            1 + sum(other > n for other in counts.values()),
            org,
            organizations[org]["name"],
            organizations[org]["plan"],
            n,
        )
        for org, n in counts.items()
    ]
    return sorted(row for row in rows if row[0] <= 5)


def top(connection: psycopg.Connection, as_of: object) -> list[Row]:
    return connection.execute(QUERIES["top_organizations"], {"as_of": as_of}).fetchall()


@pytest.mark.parametrize("day", ["2026-09-20", "2026-10-25", "2026-11-22T13:14:15", "2026-12-01"])
def test_the_count_covers_the_thirty_days_before_as_of(sample: psycopg.Connection, day: str):
    as_of = datetime.fromisoformat(f"{day}+00:00" if "T" in day else f"{day}T00:00:00+00:00")

    assert top(sample, as_of) == recount(as_of) != []


def test_a_time_zone_with_summer_time_does_not_change_the_result(sample: psycopg.Connection):
    as_of = datetime.fromisoformat("2026-11-05T12:00:00+00:00")
    sample.execute("SET timezone = 'America/New_York'")

    assert top(sample, as_of) == recount(as_of)


def test_both_ends_of_the_window_are_exact(empty: psycopg.Connection):
    for moment in (
        "2026-10-01T00:00:00Z",
        "2026-10-01T00:00:00.000001Z",
        "2026-10-31T00:00:00Z",
        "2026-10-31T00:00:00.000001Z",
    ):
        insert(empty, {"timestamp": moment})

    assert top(empty, "2026-10-31T00:00:00Z") == [(1, "org_a", "A", "pro", 2)]


def test_as_of_is_now_by_default(empty: psycopg.Connection):
    empty.execute("SELECT create_event_partitions(now()::date - 40, now()::date + 2)")
    for days in (-29, -31, 1):
        empty.execute(
            "INSERT INTO events (org_id, timestamp, event_id, event_type, user_id) "
            "VALUES ('org_a', now() + %s * interval '24 hours', 'e', 't', 'u')",
            (days,),
        )

    assert top(empty, None) == [(1, "org_a", "A", "pro", 1)]


def test_a_tie_for_the_fifth_place_shows_all_organizations_in_it(empty: psycopg.Connection):
    for number, count in enumerate([9, 7, 7, 3, 2, 2, 2, 1]):
        empty.execute("INSERT INTO organizations VALUES (%s, 'N', 'free')", (f"org_{number}",))
        org_id = f"org_{number}"
        events = [{"org_id": org_id, "event_id": f"e{n}"} for n in range(count)]
        insert(empty, *events)

    rows = [(rank, org, events) for rank, org, _, _, events in top(empty, "2026-10-31T00:00:00Z")]

    assert rows == [
        (1, "org_0", 9),
        (2, "org_1", 7),
        (2, "org_2", 7),
        (4, "org_3", 3),
        (5, "org_4", 2),
        (5, "org_5", 2),
        (5, "org_6", 2),
    ]
