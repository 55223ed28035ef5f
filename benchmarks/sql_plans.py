"""Measure the cost of each index, check and partitioning of sql/queries.sql, and print the plans.

    uv run python -m benchmarks.sql_plans [--rows 1000000] [--inserted 200000]

The first part inserts the same events, in turn, into databases with one difference each. It
measures the CPU time of the server processes, which depends little on other load of the machine.
The second part runs every query as an operator or a tenant on a year of events, and prints the
executed plans.
"""

import argparse
import itertools
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from scripts.servers import Server
from sql import QUERIES
from sql.__main__ import create_tables
from sql.server import serve_postgres

MONTH = re.compile(r"_\d{4}_\d\d")
FIRST_DAY, LAST_DAY = "2025-11-01", "2026-10-31"
BATCH = 1000
PAGE: dict[str, object] = {
    "org_id": "org_3",
    "user_id": "user_7",
    "event_type": "invoice_paid",
    "at_least": 490,
    "first": FIRST_DAY,
    "last": LAST_DAY,
    "after_timestamp": None,
    "after_event_id": None,
    "after_source": None,
}
DAYS: dict[str, object] = {"first_day": "2026-09-01", "last_day": "2026-09-30"}
QUESTIONS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("top_organizations", "analytics_operator", {"as_of": LAST_DAY}),
    ("daily_active_users", "analytics_operator", DAYS),
    ("daily_active_users", "analytics_tenant", DAYS),
    ("events_of_organization", "analytics_tenant", PAGE),
    ("events_of_user", "analytics_tenant", PAGE),
    ("events_of_type", "analytics_tenant", PAGE),
    ("largest_amounts", "analytics_tenant", PAGE),
)

# 50 organisations, the largest with 27 % of the events; 20 % of them have an amount.
GENERATE = """
INSERT INTO organizations
SELECT 'org_' || n, 'Organisation ' || n, 'pro' FROM generate_series(0, 49) AS n;

CREATE TABLE staged AS
SELECT n,
       'org_' || floor(50 * random() ^ 3) AS org_id,
       timestamp,
       lpad(to_hex(n), 12, '0') || '-7000-8000-' || substr(md5(n::text), 1, 12) AS event_id,
       'trusted' AS source,
       CASE WHEN n % 5 = 0 THEN 'invoice_paid' ELSE 'type_' || n % 5 END AS event_type,
       'user_' || floor(5000 * random()) AS user_id,
       1 AS schema_version,
       jsonb_build_object(
           'path', '/projects/' || n % 1000,
           'session_id', substr(md5((n / 20)::text), 1, 16),
           'duration_ms', n % 20000
       ) || CASE n % 5 WHEN 0
            THEN jsonb_build_object('amount', n % 50000 / 100.0, 'currency', 'EUR')
            ELSE '{{}}' END AS properties,
       timestamp AS received_at
FROM generate_series(0, {rows} - 1) AS n CROSS JOIN LATERAL (
    SELECT '{first}'::timestamptz
        + n * (interval '1 day' * ('{last}'::date + 1 - '{first}'::date) / {rows}) AS timestamp
) AS time
ORDER BY n;
ALTER TABLE staged ADD PRIMARY KEY (n);

INSERT INTO event_schemas
SELECT org_id, 'invoice_paid', 1,
       '$.amount.type() == "number" && $.currency like_regex "^[A-Z]{{3}}$"'
FROM organizations;
"""
INSERT = QUERIES["insert_events"].partition("FROM json_array_elements")[0] + (
    "FROM staged WHERE n >= %s AND n < %s "
    "ON CONFLICT (org_id, timestamp, event_id, source) DO NOTHING"
)
SIZES = """
SELECT regexp_replace(i.relname, '_\\d{4}_\\d\\d', ''), pg_size_pretty(sum(pg_relation_size(i.oid)))
FROM pg_partition_tree('events') JOIN pg_index ON indrelid = relid
    JOIN pg_class AS i ON i.oid = indexrelid
WHERE isleaf
GROUP BY 1 ORDER BY sum(pg_relation_size(i.oid)) DESC
"""
EACH_ROW = """
DROP TRIGGER events_fit_their_schemas ON events;
CREATE FUNCTION check_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    required jsonpath;
BEGIN
    SELECT rule INTO required FROM event_schemas
    WHERE (org_id, event_type, schema_version) = (NEW.org_id, NEW.event_type, NEW.schema_version);
    IF NOT NEW.properties @@ required THEN RAISE 'properties do not match the schema'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER each_row BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION check_row();
"""
HASHED = """
DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN SELECT relid FROM pg_partition_tree('events') WHERE level = 1 LOOP
        FOR n IN 0..3 LOOP
            EXECUTE format(
                'CREATE TABLE %s_%s PARTITION OF %s FOR VALUES WITH (MODULUS 4, REMAINDER %s)',
                partition, n, partition, n);
        END LOOP;
    END LOOP;
END $$;
"""


@dataclass(frozen=True)
class Variant:
    """The tables with one difference: replacements in the DDL, and an additional statement."""

    name: str
    change: str = ""
    replace: tuple[tuple[str, str], ...] = ()


def by(unit: str) -> tuple[tuple[str, str], ...]:
    """Return the replacements for partitions of this length."""
    return ("'month'", f"'{unit}'"), ("'1 month'", f"'1 {unit}'"), ("YYYY_MM", "YYYY_MM_DD")


VARIANTS = (
    Variant("unchanged"),
    Variant(
        "only the primary key",
        "DROP INDEX events_user_idx, events_type_idx, events_amount_idx",
    ),
    Variant("without events_user_idx", "DROP INDEX events_user_idx"),
    Variant("without events_type_idx", "DROP INDEX events_type_idx"),
    Variant("without events_amount_idx", "DROP INDEX events_amount_idx"),
    Variant(
        "foreign key to organizations",
        "ALTER TABLE events ADD FOREIGN KEY (org_id) REFERENCES organizations",
    ),
    Variant("without checks of schemas", "DROP TRIGGER events_fit_their_schemas ON events"),
    Variant("schemas checked per row", EACH_ROW),
    Variant(
        "4 hash partitions per month (org_id)",
        HASHED,
        (
            (
                "(LIKE events INCLUDING ALL)",
                "(LIKE events INCLUDING ALL) PARTITION BY HASH (org_id)",
            ),
        ),
    ),
    Variant("weekly partitions", replace=by("week")),
    Variant("daily partitions", replace=by("day")),
)


def new_database(server: str, name: str, rows: int, variant: Variant) -> psycopg.Connection:
    """Create a database with staged rows and the variant's tables, and connect to it."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    connection = psycopg.connect(server, dbname=name, autocommit=True)
    connection.execute("SET timezone = 'UTC'; SELECT setseed(0.5)")
    create_tables(connection)
    body = QUERIES["create_partition_functions"]
    for old, new in variant.replace:
        body = body.replace(old, new)
    connection.execute(body.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").encode())
    connection.execute("SELECT create_event_partitions(%s, %s)", (FIRST_DAY, LAST_DAY))
    connection.execute(GENERATE.format(first=FIRST_DAY, last=LAST_DAY, rows=rows).encode())
    if variant.change:
        connection.execute(variant.change.encode())
    connection.execute("VACUUM ANALYZE staged")
    return connection


def compare_inserts(server: str, rows: int) -> None:
    """Insert the same batches into each variant, and print the CPU time per row."""
    connections = [
        new_database(server, f"variant_{number}", rows, variant)
        for number, variant in enumerate(VARIANTS)
    ]
    processes = [Server("", connection.info.backend_pid) for connection in connections]
    started = [process.cpu_seconds() for process in processes]
    for first in range(0, rows, BATCH):
        for connection in connections:
            connection.execute(INSERT.encode(), (first, first + BATCH))
    spent = [process.cpu_seconds() - s for process, s in zip(processes, started, strict=True)]
    print(f"Insert {rows:,} events, {BATCH} per transaction: CPU µs per event; planning a page, ms")
    for variant, connection, seconds in zip(VARIANTS, connections, spent, strict=True):
        plan = statistics.median(
            explain(connection, "events_of_organization", PAGE)["Planning Time"] for _ in range(9)
        )
        cost = f"{seconds / rows * 1e6:6.1f}  ({seconds / spent[0]:.2f} x)"
        print(f"  {variant.name:36} {cost}  {plan:6.2f}")
        connection.close()


def explain(
    connection: psycopg.Connection, name: str, parameters: dict[str, object]
) -> dict[str, Any]:
    """Run a named query and return its plan."""
    statement = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + QUERIES[name]
    row = connection.execute(statement.encode(), parameters).fetchone()
    assert row
    return row[0][0]


def outline(node: dict[str, Any], depth: int = 0) -> Iterator[str]:
    """Yield the nodes of an executed plan as lines, with equal partitions on one line."""
    ran = [child for child in node.get("Plans", ()) if child["Actual Loops"]]
    if node["Node Type"] not in {"Result", "Subquery Scan"}:
        where = MONTH.sub("_…", node.get("Index Name") or node.get("Relation Name") or "")
        condition = re.sub(r"::[a-z ]+|'|COLLATE \"C\"", "", node.get("Index Cond", ""))
        yield " ".join(filter(None, ("  " * depth + node["Node Type"], where, condition)))
        depth += 1
    parts = [list(outline(child, depth)) for child in ran]
    for part, group in itertools.groupby(parts):
        times = len(list(group))
        yield from part[:-1]
        yield part[-1] + (f", {times} partitions" if times > 1 else "") if part else ""


def fill(connection: psycopg.Connection, rows: int) -> None:
    """Move the staged rows into events."""
    for first in range(0, rows, 20_000):
        connection.execute(INSERT.encode(), (first, first + 20_000))
    connection.execute("DROP TABLE staged")
    connection.execute("VACUUM ANALYZE")


def show_plans(server: str, rows: int) -> None:
    """Store a year of events, and print the plan of every query."""
    connection = new_database(server, "plans", rows, VARIANTS[0])
    fill(connection, rows)
    connection.execute("SELECT set_config('app.org_id', %s, false)", (PAGE["org_id"],))
    print(f"\n{rows:,} events from {FIRST_DAY} to {LAST_DAY}")
    for name, size in connection.execute(SIZES.encode()).fetchall():
        print(f"  {name:48} {size}")
    for name, role, parameters in QUESTIONS:
        with connection.transaction():
            connection.execute(f"SET LOCAL ROLE {role}".encode())
            plans = [explain(connection, name, parameters) for _ in range(5)]
        best = min(plans, key=lambda plan: plan["Execution Time"])
        took = f"planning {best['Planning Time']:.2f} ms, execution {best['Execution Time']:.2f} ms"
        print(f"\n{name} ({role}): {took}")
        print("\n".join(f"  {line}" for line in outline(best["Plan"]) if line))
    connection.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--inserted", type=int, default=200_000)
    given = arguments.parse_args()
    with serve_postgres() as dsn:
        compare_inserts(dsn, given.inserted)
        show_plans(dsn, given.rows)
