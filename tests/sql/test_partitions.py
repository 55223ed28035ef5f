"""Several sessions can create partitions during writes, and retention drops old partitions."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest

from tests.sql.conftest import an_event, insert

PARTITIONS = "SELECT relid::regclass::text FROM pg_partition_tree('events') WHERE isleaf ORDER BY 1"


def partitions(connection: psycopg.Connection) -> list[str]:
    return [name for (name,) in connection.execute(PARTITIONS)]


def create(connection: psycopg.Connection, first: str, last: str) -> int:
    row = connection.execute("SELECT create_event_partitions(%s, %s)", (first, last)).fetchone()
    return row[0] if row else 0


def test_only_missing_months_are_created(empty: psycopg.Connection):
    assert create(empty, "2026-11-30", "2027-01-01") == 3
    assert create(empty, "2026-10-31", "2026-12-15") == 1
    assert partitions(empty) == [
        "events_2026_10",
        "events_2026_11",
        "events_2026_12",
        "events_2027_01",
    ]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_months_begin_in_utc_in_any_session_time_zone(empty: psycopg.Connection, zone: str):
    empty.execute("SELECT set_config('timezone', %s, false)", (zone,))
    create(empty, "2026-10-01", "2026-10-31")

    assert partitions(empty) == ["events_2026_10"]
    for timestamp in ("2026-10-01T00:00:00Z", "2026-10-31T23:59:59.999999Z"):
        assert insert(empty, an_event(timestamp=timestamp)) == 1


def test_many_sessions_create_the_same_partitions_at_once(empty_dsn: str):
    workers = 8
    start = Barrier(workers)

    def run(number: int) -> int:
        with psycopg.connect(empty_dsn) as connection:
            start.wait()
            # The sessions create overlapping ranges, so that they compete for the same partitions.
            first, last = (
                ("2026-01-01", "2026-08-31") if number % 2 else ("2026-05-01", "2026-12-31")
            )
            return create(connection, first, last)

    with ThreadPoolExecutor(workers) as pool:
        created = list(pool.map(run, range(workers)))

    with psycopg.connect(empty_dsn) as connection:
        assert sum(created) == len(partitions(connection)) == 12


def test_open_reads_and_writes_do_not_block_a_new_partition(empty_dsn: str):
    with psycopg.connect(empty_dsn) as writer, psycopg.connect(empty_dsn) as keeper:
        insert(writer, an_event())
        writer.commit()
        insert(writer, an_event(event_id="uncommitted"))
        writer.execute("SELECT count(*) FROM events")
        keeper.execute("SET lock_timeout = '1s'")

        assert create(keeper, "2027-01-01", "2027-01-01") == 1


def test_a_new_partition_has_every_index(empty: psycopg.Connection):
    create(empty, "2026-10-01", "2026-10-01")

    rows = empty.execute(
        "SELECT count(*) FILTER (WHERE indrelid = 'events'::regclass),"
        " count(*) FILTER (WHERE indrelid = 'events_2026_10'::regclass AND indisvalid)"
        " FROM pg_index"
    ).fetchone()
    assert rows == (4, 4)


def test_retention_drops_only_whole_partitions(empty: psycopg.Connection):
    create(empty, "2026-07-01", "2026-10-01")
    insert(empty, an_event(timestamp="2026-08-31T23:59:59Z"), an_event())

    row = empty.execute("SELECT drop_event_partitions('2026-09-30')").fetchone()

    assert row == (["events_2026_07", "events_2026_08"],)
    assert partitions(empty) == ["events_2026_09", "events_2026_10"]
    assert empty.execute("SELECT event_id FROM events").fetchall() == [("e1",)]


def test_retention_fails_instead_of_blocking_other_sessions(empty_dsn: str):
    with psycopg.connect(empty_dsn) as reader, psycopg.connect(empty_dsn) as keeper:
        insert(reader, an_event())
        reader.commit()
        reader.execute("SELECT count(*) FROM events")
        started = time.monotonic()

        with pytest.raises(psycopg.errors.LockNotAvailable):
            keeper.execute("SELECT drop_event_partitions('2027-01-01')")

        assert time.monotonic() - started < 10
