"""T1.3: the events table stores each valid event once and rejects invalid events."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from psycopg.types.json import Jsonb

from sql import QUERIES
from sql.__main__ import upgrade_tables
from tests.sql.conftest import an_event, insert

CURRENCY = '$.amount.type() == "number" && $.currency like_regex "^[A-Z]{3}$"'


def count(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM events").fetchone()
    return row[0] if row else 0


def register(connection: psycopg.Connection, event_type: str, version: int, rule: str) -> None:
    connection.execute(
        "INSERT INTO event_schemas VALUES ('org_a', %s, %s, %s)", (event_type, version, rule)
    )


def test_repeated_events_are_stored_once(empty: psycopg.Connection):
    events = [an_event(event_id=f"e{n}") for n in range(50)]

    assert insert(empty, *events) == 50
    assert insert(empty, *events, an_event(event_id="new")) == 1
    assert count(empty) == 51


def test_organization_timestamp_id_and_source_identify_an_event(empty: psycopg.Connection):
    others = [
        an_event(org_id="org_b"),
        an_event(timestamp="2026-10-05T12:00:00.000001Z"),
        an_event(event_id="other"),
        an_event(source="public"),
    ]

    assert insert(empty, an_event(), *others) == 5
    assert insert(empty, an_event(event_type="other", user_id="other", properties={})) == 0


def test_duplicates_from_many_connections_are_stored_once(empty_dsn: str):
    workers, events = 8, [an_event(event_id=f"e{n:03}") for n in range(300)]
    with psycopg.connect(empty_dsn) as connection:
        connection.execute("SELECT create_event_partitions('2026-10-01', '2026-10-01')")
    start = Barrier(workers)

    def send(_: int) -> int:
        with psycopg.connect(empty_dsn) as connection:
            start.wait()
            return sum(
                connection.execute(
                    QUERIES["insert_events"], {"events": Jsonb(events[n : n + 30])}
                ).rowcount
                for n in range(0, 300, 30)
            )

    with ThreadPoolExecutor(workers) as pool:
        created = sum(pool.map(send, range(workers)))

    with psycopg.connect(empty_dsn) as connection:
        assert created == count(connection) == 300


def test_a_time_without_a_partition_is_rejected(empty: psycopg.Connection):
    with pytest.raises(psycopg.errors.CheckViolation, match="no partition"):
        empty.execute(
            QUERIES["insert_events"],
            {"events": Jsonb([an_event(timestamp="2031-01-01T00:00:00Z")])},
        )


@pytest.mark.parametrize(
    ("value", "amount"), [(12.5, 12.5), (0, 0.0), ("12.5", None), (None, None), ([1], None)]
)
def test_the_amount_is_a_number_or_null(empty: psycopg.Connection, value: object, amount: object):
    insert(empty, an_event(properties={"amount": value}))

    assert empty.execute("SELECT amount FROM events").fetchall() == [(amount,)]


@pytest.mark.parametrize(
    ("number", "amount"), [("1e400", None), ("-1e400", None), ("1e-400", 0.0), ("1e308", 1e308)]
)
def test_an_amount_beyond_double_precision_does_not_fail_the_batch(
    empty: psycopg.Connection, number: str, amount: float | None
):
    empty.execute("SELECT create_event_partitions('2026-10-01', '2026-10-01')")
    events = json.dumps([an_event(properties={"amount": "?"})]).replace('"?"', number)

    assert empty.execute(QUERIES["insert_events"], {"events": events}).rowcount == 1
    assert empty.execute("SELECT amount FROM events").fetchall() == [(amount,)]


@pytest.mark.parametrize("value", ["\0", "half \ud83d", "?"])
def test_an_event_that_jsonb_cannot_store_does_not_fail_the_batch(
    empty: psycopg.Connection, value: str
):
    empty.execute("SELECT create_event_partitions('2026-10-01', '2026-10-01')")
    given = [an_event(), an_event(event_id="bad", properties={"text": value}), an_event()]
    given[2]["event_id"] = "e2"
    events = json.dumps(given).replace('"?"', "1e200000")

    assert empty.execute(QUERIES["insert_events"], {"events": events}).rowcount == 2
    assert empty.execute("SELECT event_id FROM events ORDER BY 1").fetchall() == [("e1",), ("e2",)]
    [(position, reason)] = empty.execute(
        QUERIES["unstorable_events"], {"events": events}
    ).fetchall()
    assert position == 2
    assert reason


def test_tables_with_the_old_amount_are_upgraded(empty: psycopg.Connection):
    insert(empty, an_event(properties={"amount": 12.5}))
    empty.execute("""
        ALTER TABLE events DROP COLUMN amount, ADD COLUMN amount double precision GENERATED ALWAYS
            AS (CASE jsonb_typeof(properties -> 'amount') WHEN 'number'
                THEN (properties -> 'amount')::double precision END) STORED;
        CREATE INDEX events_amount_idx ON events (org_id, amount) WHERE amount IS NOT NULL
    """)

    upgrade_tables(empty)
    upgrade_tables(empty)

    huge = json.dumps([an_event(event_id="e2", properties={"amount": 0})]).replace(
        ": 0}", ": 1e400}"
    )
    assert empty.execute(QUERIES["insert_events"], {"events": huge}).rowcount == 1
    amounts = empty.execute("SELECT amount FROM events ORDER BY event_id").fetchall()
    assert amounts == [(12.5,), (None,)]


def test_properties_must_be_an_object(empty: psycopg.Connection):
    with pytest.raises(psycopg.errors.CheckViolation, match="properties"):
        insert(empty, an_event(properties=[1]))


def test_types_without_a_schema_are_accepted_unchecked(empty: psycopg.Connection):
    register(empty, "invoice_paid", 1, CURRENCY)

    assert (
        insert(empty, an_event(event_type="new_type", properties={"anything": {"deep": []}})) == 1
    )
    assert insert(empty, an_event(org_id="org_b", event_type="invoice_paid")) == 1


def test_an_event_that_matches_its_schema_is_accepted(empty: psycopg.Connection):
    register(empty, "invoice_paid", 1, CURRENCY)
    properties = {"amount": 12.5, "currency": "EUR", "a property that came later": True}

    assert insert(empty, an_event(event_type="invoice_paid", properties=properties)) == 1


@pytest.mark.parametrize(
    "properties",
    [{}, {"amount": "12.5", "currency": "EUR"}, {"amount": 1, "currency": "euro"}, {"amount": 1}],
)
def test_an_event_that_violates_its_schema_is_rejected_by_name(
    empty: psycopg.Connection, properties: object
):
    register(empty, "invoice_paid", 1, CURRENCY)

    with pytest.raises(psycopg.errors.CheckViolation) as error:
        insert(empty, an_event(event_type="invoice_paid", properties=properties))

    assert error.value.diag.message_primary == ("event e1 does not fit version 1 of invoice_paid")
    assert "like_regex" in str(error.value.diag.message_detail)


def test_several_versions_of_a_schema_are_valid_at_once(empty: psycopg.Connection):
    register(empty, "signed_up", 1, '$.source.type() == "string"')
    register(empty, "signed_up", 2, '$.channel.type() == "string"')
    old = an_event(event_type="signed_up", properties={"source": "ad"})
    new = an_event(
        event_id="e2", event_type="signed_up", schema_version=2, properties={"channel": "ad"}
    )

    assert insert(empty, old, new) == 2
    with pytest.raises(psycopg.errors.CheckViolation, match="version 3") as error:
        insert(empty, new | {"event_id": "e3", "schema_version": 3})
    assert error.value.diag.message_detail == "That version is not registered."


def test_copy_also_checks_schemas(empty: psycopg.Connection):
    register(empty, "invoice_paid", 1, CURRENCY)
    empty.execute("SELECT create_event_partitions('2026-10-01', '2026-10-01')")
    columns = "(org_id, timestamp, event_id, event_type, user_id)"

    with (
        pytest.raises(psycopg.errors.CheckViolation, match="invoice_paid"),
        empty.cursor().copy(f"COPY events {columns} FROM STDIN") as copy,
    ):
        copy.write_row(("org_a", "2026-10-05", "e", "invoice_paid", "u"))
